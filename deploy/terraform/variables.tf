variable "repository" {
  description = "The GitHub repository that may deploy, OWNER/NAME, in the case that GitHub shows."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.repository))
    error_message = "repository must be OWNER/NAME, one repository and no pattern."
  }
}

variable "environment" {
  description = "The GitHub environment that may deploy; its protection rules decide who and from which branches."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment))
    error_message = "environment must be lower-case letters, digits and hyphens, at most 31, and no pattern."
  }
}

variable "retrain_environment" {
  description = "The GitHub environment that may write new data and models into the bucket; it may not deploy."
  type        = string
  default     = "retraining"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.retrain_environment)) && var.retrain_environment != var.environment
    error_message = "retrain_environment must be lower-case letters, digits and hyphens, at most 31, and another one than environment."
  }
}

variable "name" {
  description = "What everything here is called by."
  type        = string
  default     = "wearcast"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,15}$", var.name))
    error_message = "name must be lower-case letters, digits and hyphens, at most 16."
  }
}

variable "region" {
  description = "The AWS region; Seoul, because the prototype's users are there."
  type        = string
  default     = "ap-northeast-2"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of an AWS region, such as ap-northeast-2."
  }
}

variable "zone" {
  description = "The region's zone for the host, such as ap-northeast-2a; null lets AWS choose. Few zones lack an instance type."
  type        = string
  default     = null

  validation {
    condition     = var.zone == null || startswith(coalesce(var.zone, " "), var.region)
    error_message = "zone must be one of the region's, such as ap-northeast-2a, or null."
  }
}

variable "create_oidc_provider" {
  description = "Whether to make GitHub's OIDC provider: an account has at most one, so false where it is there already."
  type        = bool
  default     = true
}

variable "domain" {
  description = "The site's name, whose A record you point at the output address; null: plain HTTP at the address."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a name such as wearcast.example.org, or null."
  }
}

variable "instance_type" {
  description = "An x86-64 type, as the images are; during a rollout two colours run, which wants 4 GB."
  type        = string
  default     = "t3.medium"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9]+$", var.instance_type)) && !can(regex("^([a-z]+[0-9]+g[a-z]*|a1)\\.", var.instance_type))
    error_message = "instance_type must be an x86-64 type such as t3.medium: the images aren't built for ARM."
  }
}

variable "instance_memory_mb" {
  description = "What that type has of memory, which decides how many visitors the dashboard takes at a time: t3.medium 4096, t3.large 8192."
  type        = number
  default     = 4096

  validation {
    condition     = var.instance_memory_mb >= 3072
    error_message = "instance_memory_mb must be at least 3072: both colours wouldn't fit."
  }
}

variable "ami" {
  description = "An image of Ubuntu 24.04 for x86-64; null takes Canonical's newest when the host is made."
  type        = string
  default     = null

  validation {
    condition     = var.ami == null || can(regex("^ami-[0-9a-f]{8,17}$", var.ami))
    error_message = "ami must be the id of an image, ami-…, or null."
  }
}

variable "disk_gb" {
  description = "The host's disk: images of several releases, logs, a history of observations."
  type        = number
  default     = 30

  validation {
    condition     = var.disk_gb >= 20 && var.disk_gb <= 1000 && floor(var.disk_gb) == var.disk_gb
    error_message = "disk_gb must be a whole number from 20 to 1000."
  }
}

variable "keep_versions_days" {
  description = "How long the bucket keeps versions of data and models that were overwritten or deleted."
  type        = number
  default     = 90

  validation {
    condition     = var.keep_versions_days >= 1
    error_message = "keep_versions_days must be at least 1."
  }
}

variable "alarm_email" {
  description = "Who is told by mail when an alarm goes off (AWS asks them to confirm first); null: nobody."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "alarm_email must be an address, or null."
  }
}

variable "monthly_budget_usd" {
  description = "Above this cost in a month, forecast or real, alarm_email is told; 0: no budget."
  type        = number
  default     = 0

  validation {
    condition     = var.monthly_budget_usd >= 0 && (var.monthly_budget_usd == 0 || var.alarm_email != null)
    error_message = "monthly_budget_usd must not be negative, and wants an alarm_email."
  }
}

variable "outside_check" {
  description = "Whether Route 53 asks for the site from outside, every 30 seconds, for about 2 USD a month."
  type        = bool
  default     = true
}

variable "monitoring" {
  description = "Whether Prometheus, Alertmanager and Grafana run beside the site; a t3.large has room for them at any load."
  type        = bool
  default     = false
}

variable "refresh_hosts" {
  description = "How many hosts of their own share the refresh with the site's; 0 unless thousands of stations want it (docs/scale.md)."
  type        = number
  default     = 0

  validation {
    condition     = var.refresh_hosts >= 0 && var.refresh_hosts <= 64 && floor(var.refresh_hosts) == var.refresh_hosts
    error_message = "refresh_hosts must be a whole number from 0 to 64."
  }
}

variable "refresh_host_type" {
  description = "Of the hosts that share the refresh; an x86-64 type, as the images are."
  type        = string
  default     = "t3.small"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9]+$", var.refresh_host_type)) && !can(regex("^([a-z]+[0-9]+g[a-z]*|a1)\\.", var.refresh_host_type))
    error_message = "refresh_host_type must be an x86-64 type such as t3.small: the images aren't built for ARM."
  }
}
