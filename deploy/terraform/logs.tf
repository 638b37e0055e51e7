# Logs off the host, where whoever breaks into it can't delete them.

locals {
  # Days; AWS deletes a line within 72 hours after. The access log names clients, and PRIVACY.md says for how long.
  logs = { access = 7, containers = 30 }

  log_arns = { for name in keys(local.logs) : name => "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/${local.label}/${name}" }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: encrypted with CloudWatch's own keys; a key of one's own costs 1 USD a month and guards against nobody more.
  # checkov:skip=CKV_AWS_338: a year of clients' addresses would be more than anybody needs, and than PRIVACY.md allows.
  for_each = local.logs

  name              = "/${local.label}/${each.key}"
  retention_in_days = each.value
}
