# A network of its own, so that nothing depends on what an account happens to hold in a region.

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: flow logs of one public host cost more than they tell; the API logs its requests.
  cidr_block           = "10.20.0.0/24"
  enable_dns_hostnames = true

  tags = { Name = local.label }
}

# What nobody chose a group for talks to nobody.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = local.label }
}

resource "aws_subnet" "public" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = aws_vpc.this.cidr_block
  availability_zone = var.zone

  tags = { Name = local.label }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }

  tags = { Name = local.label }
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_security_group" "host" {
  name        = "${local.label}-host"
  description = "The web in; the web out. No SSH: it comes through Systems Manager."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${local.label}-host" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  # checkov:skip=CKV_AWS_260: a public site; port 80 sends people on to 443, and answers ACME's challenges.
  for_each = { http = 80, https = 443 }

  security_group_id = aws_security_group.host.id
  description       = each.key
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

# Names and time come from the network's own addresses, which no group filters.
resource "aws_vpc_security_group_egress_rule" "web" {
  for_each = { http = 80, https = 443 }

  security_group_id = aws_security_group.host.id
  description       = "${each.key}: packages, images, AWS, weather"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}
