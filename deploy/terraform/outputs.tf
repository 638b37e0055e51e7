output "address" {
  description = "Where the site is: point the domain's A record here."
  value       = aws_eip.host.public_ip
}

output "remote" {
  description = "DVC's remote: make remote URL=…"
  value       = "s3://${local.bucket}/${local.dvc}"
}

output "variables" {
  description = "The variables of both GitHub environments, as deploy/github-variables sets them."
  value = {
    (var.environment) = {
      AWS_REGION      = var.region
      AWS_ROLE        = aws_iam_role.github["deploy"].arn
      DEPLOY_INSTANCE = aws_instance.host.id
      DEPLOY_USER     = local.deploy_user
      DEPLOY_HOST_KEY = local.host_key
      DVC_REMOTE      = "s3://${local.bucket}/${local.dvc}"
      REGISTRY        = "${local.registry}/${local.label}"
    }
    (var.retrain_environment) = {
      AWS_REGION = var.region
      AWS_ROLE   = aws_iam_role.github["retrain"].arn
      DVC_REMOTE = "s3://${local.bucket}/${local.dvc}"
    }
  }
}
