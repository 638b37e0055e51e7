# Without an account: terraform test. What a plan says, with every answer of AWS made up.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_ami" {
    defaults = { id = "ami-0123456789abcdef0" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

mock_provider "aws" {
  alias           = "global"
  override_during = plan
}

variables {
  repository = "acme/wearcast"
}

run "defaults" {
  command = plan

  assert {
    condition     = output.remote == "s3://wearcast-production-123456789012-ap-northeast-2/dvc"
    error_message = "The bucket's name must be known before it is there."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.web : "${rule.ip_protocol} ${rule.from_port}-${rule.to_port}"]) == toset(["tcp 80-80", "tcp 443-443"])
    error_message = "Nothing but 80 and 443 may be open."
  }

  assert {
    condition     = aws_instance.host.metadata_options[0].http_tokens == "required" && aws_instance.host.root_block_device[0].encrypted
    error_message = "The host must ask for a token before it lends its role, and encrypt its disk."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "A tag names one image for ever, and every image is scanned."
  }

  assert {
    condition     = length(aws_budgets_budget.monthly) == 0 && length(aws_sns_topic_subscription.mail) == 0
    error_message = "Nobody is told who didn't ask for it."
  }

  assert {
    condition     = keys(output.variables) == ["production", "retraining"]
    error_message = "Each environment gets the variables of its own."
  }
}

run "bucket_is_private" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
      aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled",
    ])
    error_message = "The bucket must be private and versioned."
  }

  assert {
    condition     = alltrue(flatten([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : [for expiration in rule.expiration : expiration.expired_object_delete_marker]]))
    error_message = "No rule may delete an object's current version."
  }
}

run "each_role_trusts_one_environment" {
  command = plan

  assert {
    condition = jsonencode({ for role, trust in data.aws_iam_policy_document.trust : role => sort([
      for condition in trust.statement[0].condition : join(" ", [condition.test, condition.variable, join(",", condition.values)])
      ]) }) == jsonencode({
      deploy = [
        "StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com",
        "StringEquals token.actions.githubusercontent.com:sub repo:acme/wearcast:environment:production",
      ]
      retrain = [
        "StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com",
        "StringEquals token.actions.githubusercontent.com:sub repo:acme/wearcast:environment:retraining",
      ]
    })
    error_message = "The trust must name the repository and the environment, word for word."
  }
}

run "an_account_that_knows_github" {
  command = plan

  variables {
    create_oidc_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && length(aws_iam_role.github) == 2
    error_message = "The roles must do with a provider that is there."
  }
}

run "told_by_mail" {
  command = plan

  variables {
    alarm_email        = "ops@example.org"
    monthly_budget_usd = 60
  }

  assert {
    condition     = length(aws_budgets_budget.monthly) == 1 && aws_sns_topic_subscription.mail[0].endpoint == "ops@example.org"
    error_message = "Who gave an address must be told."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.usage)) == toset(["disk", "memory", "descriptors", "clock"]) && length(aws_cloudwatch_metric_alarm.status) == 2
    error_message = "Disk, memory, descriptors, clock, machine and system must be watched."
  }
}

run "a_host_that_stays" {
  command = plan

  assert {
    condition     = aws_instance.host.disable_api_termination
    error_message = "Nobody may end the host by mistake."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.credits) == 1 && local.kernels == 8
    error_message = "The default type earns credits, and holds two dashboards of 8 kernels."
  }
}

run "a_larger_host_without_credits" {
  command = plan

  variables {
    instance_type      = "m7i-flex.large"
    instance_memory_mb = 8192
    monitoring         = true
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.credits) == 0 && local.kernels == 25
    error_message = "What memory there is must be the dashboard's, beside what watches."
  }
}

run "too_small_for_two_colours" {
  command = plan

  variables {
    instance_memory_mb = 2048
  }

  expect_failures = [var.instance_memory_mb]
}

run "looked_at_from_outside" {
  command = plan

  variables {
    domain = "wearcast.example.org"
  }

  assert {
    condition     = aws_route53_health_check.outside["site"].type == "HTTPS_STR_MATCH" && aws_route53_health_check.outside["site"].fqdn == "wearcast.example.org" && aws_route53_health_check.outside["site"].enable_sni
    error_message = "The site must be asked by its name, and its certificate looked at."
  }

  assert {
    condition     = contains(keys(aws_cloudwatch_metric_alarm.usage), "certificate")
    error_message = "A site with a name has a certificate, which must be watched."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.outside["site"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.outside["site"].namespace == "AWS/Route53"
    error_message = "No answer of the check is as bad as a bad one."
  }
}

run "looked_at_without_a_domain" {
  command = plan

  assert {
    condition     = aws_route53_health_check.outside["site"].type == "HTTP_STR_MATCH" && aws_route53_health_check.outside["site"].port == 80
    error_message = "Without a name the address must be asked."
  }
}

run "not_looked_at" {
  command = plan

  variables {
    outside_check = false
  }

  assert {
    condition     = length(aws_route53_health_check.outside) + length(aws_sns_topic.outside) + length(aws_cloudwatch_metric_alarm.outside) == 0
    error_message = "Who doesn't want the check must not pay for it."
  }
}

run "logs_end" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this["access"].retention_in_days == 7 && aws_cloudwatch_log_group.this["containers"].retention_in_days == 30
    error_message = "A client's address must be forgotten when PRIVACY.md says so."
  }
}

run "one_host_refreshes_alone" {
  command = plan

  assert {
    condition     = length(aws_instance.refresh) + length(aws_efs_file_system.history) + length(aws_iam_role.refresh) + length(aws_ssm_parameter.refresh_image) == 0
    error_message = "Who has one host must not pay for more."
  }

  assert {
    condition     = strcontains(local.first_start, "WEARCAST_SHARD=\n") && !strcontains(local.first_start, "docker volume create")
    error_message = "One host makes all stations, and keeps what it knows of them itself."
  }
}

run "several_hosts_share_the_refresh" {
  command = plan

  variables {
    refresh_hosts = 2
  }

  assert {
    condition     = jsonencode(local.refresh_hosts) == jsonencode({ "2" = "2/3", "3" = "3/3" })
    error_message = "The site's host has the first share, and each of the others one of its own."
  }

  assert {
    condition     = alltrue([for host in aws_instance.refresh : host.metadata_options[0].http_tokens == "required" && host.root_block_device[0].encrypted]) && aws_efs_file_system.history[0].encrypted
    error_message = "Each must ask for a token before it lends its role, and encrypt its disk."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.history : rule.cidr_ipv4] == [aws_vpc.this.cidr_block]
    error_message = "Nobody but the hosts may reach the folder of observations."
  }
}

run "no_half_host" {
  command = plan

  variables {
    refresh_hosts = 1.5
  }

  expect_failures = [var.refresh_hosts]
}

run "no_pattern_for_a_repository" {
  command = plan

  variables {
    repository = "acme/*"
  }

  expect_failures = [var.repository]
}

run "no_owner_alone" {
  command = plan

  variables {
    repository = "acme"
  }

  expect_failures = [var.repository]
}

run "no_pattern_for_an_environment" {
  command = plan

  variables {
    environment = "*"
  }

  expect_failures = [var.environment]
}

run "who_retrains_does_not_deploy" {
  command = plan

  variables {
    retrain_environment = "production"
  }

  expect_failures = [var.retrain_environment]
}

run "no_arm" {
  command = plan

  variables {
    instance_type = "t4g.medium"
  }

  expect_failures = [var.instance_type]
}

run "no_budget_without_an_address" {
  command = plan

  variables {
    monthly_budget_usd = 60
  }

  expect_failures = [var.monthly_budget_usd]
}

run "no_zone_of_another_region" {
  command = plan

  variables {
    zone = "us-east-1a"
  }

  expect_failures = [var.zone]
}
