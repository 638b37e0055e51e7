"""The API's addresses."""
