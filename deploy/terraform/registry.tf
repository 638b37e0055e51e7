# One repository an image. A tag is a commit and never moves; the host pulls by digest.

locals {
  images         = toset(["service", "refresh", "dashboard"])
  repository_arn = "arn:${local.partition}:ecr:${var.region}:${local.account}:repository/${local.label}"
  registry       = "${local.account}.dkr.ecr.${var.region}.${data.aws_partition.this.dns_suffix}"
}

resource "aws_ecr_repository" "this" {
  # checkov:skip=CKV_AWS_136: encrypted with ECR's own keys; the images hold no secret.
  for_each = local.images

  name                 = "${local.label}/${each.key}"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

# Far more than a rollback looks back; the host keeps the images it may go back to besides.
resource "aws_ecr_lifecycle_policy" "this" {
  for_each = local.images

  repository = aws_ecr_repository.this[each.key].name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "The newest 30"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 30 }
      action       = { type = "expire" }
    }]
  })
}
