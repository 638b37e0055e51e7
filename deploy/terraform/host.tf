# The one host. What is on it can be made again: images come from the registry, snapshots from the bucket.

locals {
  deploy_user = "deploy"
  host_key    = "/${local.label}/host-key"

  first_start = templatefile("${path.module}/user-data.sh.tftpl", {
    region       = var.region
    label        = local.label
    store        = "s3://${local.bucket}/${local.snapshots}"
    registry     = local.registry
    deploy_user  = local.deploy_user
    host_key     = local.host_key
    domain       = var.domain == null ? "" : var.domain
    email        = var.alarm_email == null ? "" : var.alarm_email
    prepare_host = file("${path.module}/../prepare-host")
    report_usage = file("${path.module}/../report-usage")
    copy_logs    = file("${path.module}/../copy-logs")
    repository   = var.repository
    monitoring   = var.monitoring ? 1 : 0
    topic        = local.alarms_topic_arn
    kernels      = local.kernels

    # Empty where it refreshes alone.
    shard         = local.fleet == 0 ? "" : "1/${local.shares}"
    history       = local.history == null ? "" : local.history
    refresh_image = local.refresh_image
  })

  # Both colours' dashboards share the memory that the system (450 MB) and compose.yaml's other limits leave, those of what watches among
  # them. The rollout lets a dashboard have 90 MB for each kernel and 130 MB for its server, which wants two kernels at least.
  others_mb = 2338 + (var.monitoring ? 1088 : 0)
  kernels   = max(2, floor(((var.instance_memory_mb - local.others_mb) / 2 - 130) / 90))
}

data "aws_ami" "ubuntu" {
  count = var.ami == null ? 1 : 0

  owners      = ["099720109477"] # Canonical
  most_recent = true

  filter {
    name   = "name"
    values = ["ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"]
  }
}

# An interface of its own keeps the address when the host is replaced, and gives it to the new one before it first starts.
resource "aws_network_interface" "host" {
  subnet_id       = aws_subnet.public.id
  security_groups = [aws_security_group.host.id]

  tags = { Name = local.label }
}

resource "aws_eip" "host" {
  domain            = "vpc"
  network_interface = aws_network_interface.host.id

  tags = { Name = local.label }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_instance" "host" {
  # checkov:skip=CKV_AWS_126: the alarms look every five minutes, which costs nothing.
  ami                  = coalesce(var.ami, one(data.aws_ami.ubuntu[*].id))
  instance_type        = var.instance_type
  iam_instance_profile = aws_iam_instance_profile.host.name
  ebs_optimized        = true

  # Packed: EC2 takes 16 kB.
  user_data_base64 = base64gzip(local.first_start)

  # Whoever ends it by the console or a command has to lift this first; Terraform does so by itself where it replaces the host.
  disable_api_termination = true

  network_interface {
    network_interface_id = aws_network_interface.host.id
    device_index         = 0
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.disk_gb
  }

  # Containers are one hop further away than the host, and the API and refresh use its role for the bucket. Dashboards can't: they
  # are on networks without a way out.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  tags        = { Name = local.label }
  volume_tags = { Name = local.label, project = var.name, environment = var.environment }

  lifecycle {
    # A newer image, or a change of what a first start does, is no reason to stop a host that serves. When you want it:
    # terraform apply -replace=aws_instance.host
    ignore_changes = [ami, user_data, user_data_base64]
  }

  depends_on = [aws_eip.host, aws_route_table_association.public, aws_iam_role_policy.host]
}

# The host says here by which key it is known, so that a deployment doesn't have to trust the first one it sees.
resource "aws_ssm_parameter" "host_key" {
  # checkov:skip=CKV2_AWS_34: a public key.
  # checkov:skip=CKV_AWS_337: a public key.
  name        = local.host_key
  description = "The public key of the host's sshd, written by the host when it first starts"
  type        = "String"
  value       = "none yet"

  lifecycle {
    ignore_changes = [value]
  }
}

data "aws_iam_policy_document" "trust_ec2" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "host" {
  name               = "${local.label}-host"
  description        = "What the host of ${local.label} may do"
  assume_role_policy = data.aws_iam_policy_document.trust_ec2.json
}

resource "aws_iam_instance_profile" "host" {
  name = "${local.label}-host"
  role = aws_iam_role.host.name
}

# Of every host that refreshes.
data "aws_iam_policy_document" "who_refreshes" {
  # checkov:skip=CKV_AWS_111: Systems Manager's channels name no resource.
  # checkov:skip=CKV_AWS_356: Systems Manager's channels and ecr:GetAuthorizationToken name no resource.
  statement {
    sid       = "ListSnapshots"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]

    # IfExists: S3 asks this right too, without a prefix, before it says "not there" rather than "forbidden".
    condition {
      test     = "StringLikeIfExists"
      variable = "s3:prefix"
      values   = [local.snapshots, "${local.snapshots}/*"]
    }
  }

  statement {
    sid       = "ReadAndPublishSnapshots"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arn}/${local.snapshots}/*"]
  }

  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  # The least with which Session Manager works; AWS's own policy would read every parameter of the account too.
  statement {
    sid = "BeReachedThroughSystemsManager"
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "host" {
  # checkov:skip=CKV_AWS_111: metrics name no resource, and are held to one namespace.
  # checkov:skip=CKV_AWS_356: metrics name no resource.
  source_policy_documents = [data.aws_iam_policy_document.who_refreshes.json]

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [for image in local.images : "${local.repository_arn}/${image}"]
  }

  statement {
    sid       = "SayByWhichKeyItIsKnown"
    actions   = ["ssm:PutParameter"]
    resources = [aws_ssm_parameter.host_key.arn]
  }

  dynamic "statement" {
    for_each = aws_ssm_parameter.refresh_image

    content {
      sid       = "SayWhichImageRefreshes"
      actions   = ["ssm:PutParameter"]
      resources = [statement.value.arn]
    }
  }

  # It may neither read what it wrote nor delete it.
  statement {
    sid       = "KeepLogsElsewhere"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = [for arn in values(local.log_arns) : "${arn}:*"]
  }

  statement {
    sid       = "TellOfAlerts"
    actions   = ["sns:Publish"]
    resources = [local.alarms_topic_arn]
  }

  statement {
    sid       = "ReportDiskAndMemory"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [local.label]
    }
  }
}

resource "aws_iam_role_policy" "host" {
  name   = "host"
  role   = aws_iam_role.host.id
  policy = data.aws_iam_policy_document.host.json
}
