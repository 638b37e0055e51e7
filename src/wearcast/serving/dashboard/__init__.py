"""The dashboard: what a viewer sees, made of the API's answers."""
