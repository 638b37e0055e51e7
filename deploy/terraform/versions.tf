terraform {
  required_version = ">= 1.10, < 2"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project     = var.name
      environment = var.environment
      managed-by  = "terraform"
    }
  }
}

# Where Route 53 keeps what it measures.
provider "aws" {
  alias  = "global"
  region = "us-east-1"

  default_tags {
    tags = {
      project     = var.name
      environment = var.environment
      managed-by  = "terraform"
    }
  }
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition

  # Names and ARNs that don't wait for what they name, so that a plan shows every trust and every right in full.
  label  = "${var.name}-${var.environment}"
  bucket = "${local.label}-${local.account}-${var.region}"

  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"
}
