# The look from outside: whether the site answers at all, asked every 30 seconds from three parts of the world. What runs beside the
# site can't tell that it is gone. Route 53's metrics are in us-east-1 alone, and an alarm tells a topic of its own region.

locals {
  checks = var.outside_check ? toset(["site"]) : toset([])
}

resource "aws_route53_health_check" "outside" {
  for_each = local.checks

  fqdn              = var.domain
  ip_address        = var.domain == null ? aws_eip.host.public_ip : null
  port              = var.domain == null ? 80 : 443
  type              = var.domain == null ? "HTTP_STR_MATCH" : "HTTPS_STR_MATCH"
  enable_sni        = var.domain != null
  resource_path     = "/api/health/ready"
  search_string     = "\"status\":\"ready\""
  request_interval  = 30
  failure_threshold = 3
  # At least three; near users, and far.
  regions = ["ap-northeast-1", "ap-southeast-1", "us-west-2"]

  tags = { Name = "${local.label}-outside" }
}

resource "aws_sns_topic" "outside" {
  # checkov:skip=CKV_AWS_26: CloudWatch can't publish to a topic that AWS's own key encrypts; the messages hold no secret.
  for_each = local.checks
  provider = aws.global

  name = "${local.label}-outside"
}

resource "aws_sns_topic_subscription" "outside" {
  for_each = var.alarm_email == null ? toset([]) : local.checks
  provider = aws.global

  topic_arn = aws_sns_topic.outside[each.key].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "outside" {
  for_each = local.checks
  provider = aws.global

  alarm_name          = "${local.label}-outside"
  alarm_description   = "The site doesn't answer, asked from outside"
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  dimensions          = { HealthCheckId = aws_route53_health_check.outside[each.key].id }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.outside[each.key].arn]
  ok_actions          = [aws_sns_topic.outside[each.key].arn]
}
