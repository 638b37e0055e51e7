# GitHub Actions comes in without a stored key: it shows a token that GitHub signed, AWS lends a role for an hour. Each role
# trusts one environment of one repository, word for word: no pattern, no branch, no pull request.

locals {
  github       = "token.actions.githubusercontent.com"
  provider_arn = "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.github}"

  trusted = {
    deploy  = var.environment
    retrain = var.retrain_environment
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${local.github}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = local.trusted

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.github}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.github}:sub"
      values   = ["repo:${var.repository}:environment:${each.value}"]
    }
  }
}

resource "aws_iam_role" "github" {
  for_each = local.trusted

  name                 = "${local.label}-${each.key}"
  description          = "GitHub Actions of ${var.repository}, environment ${each.value}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 3600

  depends_on = [aws_iam_openid_connect_provider.github]
}

# Deploying: read the tracked model, push images, reach the host's sshd through Systems Manager as one user.
data "aws_iam_policy_document" "deploy" {
  # checkov:skip=CKV_AWS_356: ecr:GetAuthorizationToken names no resource; everything else here does.
  source_policy_documents = [data.aws_iam_policy_document.read_dvc.json]

  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [for image in local.images : "${local.repository_arn}/${image}"]
  }

  statement {
    sid     = "OpenASessionForSsh"
    actions = ["ssm:StartSession"]
    resources = [
      aws_instance.host.arn,
      "arn:${local.partition}:ssm:${var.region}::document/AWS-StartSSHSession",
    ]

    # Without it, a request that names no document would get a shell.
    condition {
      test     = "BoolIfExists"
      variable = "ssm:SessionDocumentAccessCheck"
      values   = ["true"]
    }
  }

  statement {
    sid       = "UseAndEndOnesOwnSession"
    actions   = ["ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel"]
    resources = ["arn:${local.partition}:ssm:${var.region}:${local.account}:session/$${aws:userid}-*"]
  }

  # The key is made for one deployment and let in for a minute.
  statement {
    sid       = "LetOnesKeyIn"
    actions   = ["ec2-instance-connect:SendSSHPublicKey"]
    resources = [aws_instance.host.arn]

    condition {
      test     = "StringEquals"
      variable = "ec2:osuser"
      values   = [local.deploy_user]
    }
  }

  statement {
    sid       = "KnowTheHost"
    actions   = ["ssm:GetParameter"]
    resources = [aws_ssm_parameter.host_key.arn]
  }
}

data "aws_iam_policy_document" "read_dvc" {
  statement {
    sid       = "ListData"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]

    # IfExists: S3 asks this right too, without a prefix, before it says "not there" rather than "forbidden".
    condition {
      test     = "StringLikeIfExists"
      variable = "s3:prefix"
      values   = [local.dvc, "${local.dvc}/*"]
    }
  }

  statement {
    sid       = "ReadData"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/${local.dvc}/*"]
  }
}

# Retraining: add data and models. It deletes nothing, and what it overwrites is kept as a version.
data "aws_iam_policy_document" "retrain" {
  source_policy_documents = [data.aws_iam_policy_document.read_dvc.json]

  statement {
    sid       = "WriteData"
    actions   = ["s3:AbortMultipartUpload", "s3:PutObject"]
    resources = ["${local.bucket_arn}/${local.dvc}/*"]
  }
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.github["deploy"].id
  policy = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_role_policy" "retrain" {
  name   = "retrain"
  role   = aws_iam_role.github["retrain"].id
  policy = data.aws_iam_policy_document.retrain.json
}
