# Data and models under dvc/, what refresh publishes under snapshots/.

locals {
  dvc       = "dvc"
  snapshots = "snapshots"
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18: three principals may read it, each limited to its prefix; logs of that would outweigh what is in it.
  # checkov:skip=CKV_AWS_144: what DVC's lock names can be made again from the repository; another region would double the cost.
  # checkov:skip=CKV_AWS_145: encrypted with S3's own keys; a key of one's own costs 1 USD a month and guards against nobody more.
  # checkov:skip=CKV2_AWS_62: nothing waits for an object; the API looks for a new snapshot by itself.
  bucket = local.bucket

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyEncryptedOnTheWay"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "uploads-given-up"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # A deleted or overwritten object of DVC's can be brought back for so long; a current one is never deleted.
  rule {
    id     = "old-versions-of-data"
    status = "Enabled"

    filter {
      prefix = "${local.dvc}/"
    }

    noncurrent_version_expiration {
      noncurrent_days = var.keep_versions_days
    }
  }

  # refresh itself keeps two weeks of snapshots and deletes older ones; the pointer is overwritten every hour.
  rule {
    id     = "old-versions-of-snapshots"
    status = "Enabled"

    filter {
      prefix = "${local.snapshots}/"
    }

    expiration {
      expired_object_delete_marker = true
    }

    noncurrent_version_expiration {
      noncurrent_days = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
