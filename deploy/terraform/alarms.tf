# What nobody would see from inside: the host itself. The service's own metrics are Prometheus's.

locals {
  alarms_topic     = "${local.label}-alarms"
  alarms_topic_arn = "arn:${local.partition}:sns:${var.region}:${local.account}:${local.alarms_topic}"

  # Periods of five minutes. A host that reports nothing is as bad as one that reports trouble.
  alarms = merge({
    disk        = { metric = "disk_used_percent", is = "GreaterThanThreshold", limit = 85, periods = 3, what = "Disk over 85 % full: `docker system df` on the host" }
    memory      = { metric = "memory_used_percent", is = "GreaterThanThreshold", limit = 92, periods = 3, what = "Memory over 92 % used for 15 minutes" }
    descriptors = { metric = "descriptors_used_percent", is = "GreaterThanThreshold", limit = 80, periods = 2, what = "A process has over 80 % of its descriptors open" }
    clock       = { metric = "clock_unsynchronised", is = "GreaterThanThreshold", limit = 0, periods = 6, what = "Nothing has kept the clock right for 30 minutes: `chronyc tracking` on the host" }
    }, var.domain == null ? {} : {
    certificate = { metric = "certificate_days_left", is = "LessThanThreshold", limit = 14, periods = 3, what = "Browsers take the certificate for less than 14 days: the proxy should have renewed it at 30" }
  })

  # Types that are named t… earn credits for their processor, and cost more or get slower without.
  burstable = startswith(var.instance_type, "t") ? toset(["host"]) : toset([])
}

# Alertmanager publishes here, too, with the host's role.
resource "aws_sns_topic" "alarms" {
  # checkov:skip=CKV_AWS_26: CloudWatch can't publish to a topic that AWS's own key encrypts; the messages hold no secret.
  name = local.alarms_topic
}

resource "aws_sns_topic_subscription" "mail" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "usage" {
  for_each = local.alarms

  alarm_name          = "${local.label}-${each.key}"
  alarm_description   = each.value.what
  namespace           = local.label
  metric_name         = each.value.metric
  statistic           = "Average"
  comparison_operator = each.value.is
  threshold           = each.value.limit
  period              = 300
  evaluation_periods  = each.value.periods
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# A new host begins without credits, and earns 24 an hour as a t3.medium.
resource "aws_cloudwatch_metric_alarm" "credits" {
  for_each = local.burstable

  alarm_name          = "${local.label}-credits"
  alarm_description   = "The processor's credits have been used up for two hours: beyond them its time is paid for"
  namespace           = "AWS/EC2"
  metric_name         = "CPUCreditBalance"
  dimensions          = { InstanceId = aws_instance.host.id }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 10
  period              = 300
  evaluation_periods  = 24
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# AWS's machine is broken: move to another. The operating system is: restart it. Either way, say so.
resource "aws_cloudwatch_metric_alarm" "status" {
  for_each = { System = "recover", Instance = "reboot" }

  alarm_name          = "${local.label}-status-${lower(each.key)}"
  alarm_description   = "EC2's ${lower(each.key)} check fails; the host will ${each.value}"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_${each.key}"
  dimensions          = { InstanceId = aws_instance.host.id }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 3
  alarm_actions = [
    "arn:${local.partition}:automate:${var.region}:ec2:${each.value}",
    aws_sns_topic.alarms.arn,
  ]
  ok_actions = [aws_sns_topic.alarms.arn]
}

resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget_usd > 0 ? 1 : 0

  name         = local.label
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = ["ACTUAL", "FORECASTED"]

    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = 100
      threshold_type             = "PERCENTAGE"
      notification_type          = notification.value
      subscriber_email_addresses = [var.alarm_email]
    }
  }
}
