# Copy to terraform.tfvars. Only the repository has no default; variables.tf explains the rest.
repository = "OWNER/REPO"

# region             = "ap-northeast-2"
# domain             = "wearcast.example.org"
# alarm_email        = "you@example.org"
# monthly_budget_usd = 60
# refresh_hosts      = 2 # thousands of stations: docs/scale.md
# create_oidc_provider = false # where the account has one already
