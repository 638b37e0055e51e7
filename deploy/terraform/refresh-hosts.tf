# Hosts of their own that share the refresh with the site's host (docs/scale.md): with two of them, each makes a third of the stations.
# They share the bucket, and a folder of observations; none talks to another, and nobody reaches them but through Systems Manager.

locals {
  shares = var.refresh_hosts + 1
  fleet  = var.refresh_hosts > 0 ? 1 : 0

  # The site's host has share 1.
  refresh_hosts = { for number in range(2, local.shares + 1) : tostring(number) => "${number}/${local.shares}" }

  history       = one(aws_efs_file_system.history[*].dns_name)
  refresh_image = "/${local.label}/refresh-image"

  refresh_first_start = { for number, shard in local.refresh_hosts : number => templatefile("${path.module}/refresh-host.sh.tftpl", {
    region    = var.region
    label     = local.label
    store     = "s3://${local.bucket}/${local.snapshots}"
    history   = local.history
    registry  = local.registry
    shard     = shard
    parameter = local.refresh_image
  }) }
}

# What refresh keeps of observations, of the past forecasts that it verifies, and of places that were added.
resource "aws_efs_file_system" "history" {
  # checkov:skip=CKV_AWS_184: encrypted with EFS's own keys; a key of one's own costs 1 USD a month and guards against nobody more.
  count = local.fleet

  encrypted       = true
  throughput_mode = "elastic"

  tags = { Name = "${local.label}-history" }
}

resource "aws_efs_mount_target" "history" {
  count = local.fleet

  file_system_id  = aws_efs_file_system.history[0].id
  subnet_id       = aws_subnet.public.id
  security_groups = [aws_security_group.history[0].id]
}

resource "aws_security_group" "history" {
  count = local.fleet

  name        = "${local.label}-history"
  description = "The folder of observations: in from those who refresh, nothing out."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${local.label}-history" }
}

resource "aws_security_group" "refresh" {
  count = local.fleet

  name        = "${local.label}-refresh"
  description = "Nothing in; the web out. No SSH: it comes through Systems Manager."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${local.label}-refresh" }
}

resource "aws_vpc_security_group_ingress_rule" "history" {
  count = local.fleet

  security_group_id = aws_security_group.history[0].id
  description       = "NFS from the hosts, which are all there is in this network"
  cidr_ipv4         = aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = 2049
  to_port           = 2049
}

resource "aws_vpc_security_group_egress_rule" "history" {
  for_each = local.fleet == 0 ? {} : { site = aws_security_group.host.id, refresh = aws_security_group.refresh[0].id }

  security_group_id = each.value
  description       = "NFS: the folder of observations"
  cidr_ipv4         = aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = 2049
  to_port           = 2049
}

resource "aws_vpc_security_group_egress_rule" "refresh" {
  for_each = local.fleet == 0 ? {} : { http = 80, https = 443 }

  security_group_id = aws_security_group.refresh[0].id
  description       = "${each.key}: packages, images, AWS, weather"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

# Which image they run, and with which settings: those of the site's host, which says so here. Shares of different releases, or of different
# sources, publish nothing together.
resource "aws_ssm_parameter" "refresh_image" {
  # checkov:skip=CKV2_AWS_34: the name of an image, and settings that are no secrets.
  # checkov:skip=CKV_AWS_337: the name of an image, and settings that are no secrets.
  count = local.fleet

  name        = local.refresh_image
  description = "The refresh image that the site's host runs, by digest, and settings that it has, written by that host"
  type        = "String"
  value       = "none yet"

  lifecycle {
    ignore_changes = [value]
  }
}

resource "aws_instance" "refresh" {
  # checkov:skip=CKV_AWS_88: without a public address it would need a gateway, which costs more than it does; nothing is let in.
  # checkov:skip=CKV_AWS_126: how refreshes end is in the store; five minutes are soon enough for the rest.
  for_each = local.refresh_hosts

  ami                         = coalesce(var.ami, one(data.aws_ami.ubuntu[*].id))
  instance_type               = var.refresh_host_type
  iam_instance_profile        = aws_iam_instance_profile.refresh[0].name
  subnet_id                   = aws_subnet.public.id
  vpc_security_group_ids      = [aws_security_group.refresh[0].id]
  associate_public_ip_address = true
  ebs_optimized               = true
  user_data_base64            = base64gzip(local.refresh_first_start[each.key])
  # It holds nothing that isn't made again, and another number of hosts gives it another share.
  user_data_replace_on_change = true

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = 20
  }

  # Containers are one hop further away than the host, and refresh uses its role for the bucket.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  tags        = { Name = "${local.label}-refresh-${each.key}" }
  volume_tags = { Name = "${local.label}-refresh-${each.key}", project = var.name, environment = var.environment }

  lifecycle {
    ignore_changes = [ami]
  }

  depends_on = [aws_efs_mount_target.history, aws_iam_role_policy.refresh, aws_route_table_association.public]
}

resource "aws_iam_role" "refresh" {
  count = local.fleet

  name               = "${local.label}-refresh"
  description        = "What the hosts that share the refresh of ${local.label} may do"
  assume_role_policy = data.aws_iam_policy_document.trust_ec2.json
}

resource "aws_iam_instance_profile" "refresh" {
  count = local.fleet

  name = "${local.label}-refresh"
  role = aws_iam_role.refresh[0].name
}

data "aws_iam_policy_document" "refresh" {
  source_policy_documents = [data.aws_iam_policy_document.who_refreshes.json]

  statement {
    sid       = "PullTheImageOfRefresh"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local.repository_arn}/refresh"]
  }

  statement {
    sid       = "KnowWhichImage"
    actions   = ["ssm:GetParameter"]
    resources = ["arn:${local.partition}:ssm:${var.region}:${local.account}:parameter${local.refresh_image}"]
  }

  # It may neither read what it wrote nor delete it.
  statement {
    sid       = "KeepLogsElsewhere"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.log_arns["containers"]}:*"]
  }
}

resource "aws_iam_role_policy" "refresh" {
  count = local.fleet

  name   = "refresh"
  role   = aws_iam_role.refresh[0].id
  policy = data.aws_iam_policy_document.refresh.json
}
