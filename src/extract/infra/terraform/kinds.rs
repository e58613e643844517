//! Which node a block stands for: by its type, else by what its type's name ends in.

use super::Block;
use super::eval::Scope;
use crate::extract::infra::google;
use crate::model::{Key, Kind};

/// Endings of resource types to the subtype of the resource they make.
const ENDINGS: &[(&str, &str)] = &[
    ("_bucket", "object-store"),
    ("_storage_account", "object-store"),
    ("_storage_container", "object-store"),
    ("_db_instance", "database"),
    ("_rds_instance", "database"),
    ("_rds_cluster_instance", "database"),
    ("_docdb_cluster", "database"),
    ("_docdb_cluster_instance", "database"),
    ("_neptune_cluster_instance", "database"),
    ("_spanner_instance", "database"),
    ("_bigtable_instance", "database"),
    ("_mongodb_instance", "database"),
    ("_alloydb_cluster", "database"),
    ("_alloydb_instance", "database"),
    ("_rds_cluster", "database"),
    ("_database", "database"),
    ("_database_instance", "database"),
    ("_dynamodb_table", "database"),
    ("_sql_server", "database"),
    ("_mysql_server", "database"),
    ("_postgresql_server", "database"),
    ("_neptune_cluster", "database"),
    ("_redshift_cluster", "database"),
    ("_dataset", "database"),
    ("_eks_cluster", "cluster"),
    ("_container_cluster", "cluster"),
    ("_kubernetes_cluster", "cluster"),
    ("_ecs_cluster", "cluster"),
    ("_kms_key", "kms"),
    ("_kms_crypto_key", "kms"),
    ("_key_vault", "secret-store"),
    ("_ecr_repository", "container-registry"),
    ("_container_registry", "container-registry"),
    ("_artifact_registry_repository", "container-registry"),
    ("_sqs_queue", "queue"),
    ("_sns_topic", "queue"),
    ("_pubsub_topic", "queue"),
    ("_kinesis_stream", "stream"),
    ("_elasticsearch_domain", "database"),
    ("_opensearch_domain", "database"),
    ("_elasticache_cluster", "cache"),
    ("_elasticache_replication_group", "cache"),
    ("_redis_instance", "cache"),
    ("_redis_cache", "cache"),
    ("_memcache_instance", "cache"),
    ("_filestore_instance", "filesystem"),
    ("_log_group", "logs"),
    ("_cloudtrail", "logs"),
    ("_route53_zone", "dns"),
    ("_resource_group", "cloud-account"),
    ("_project", "cloud-account"),
    ("_vpc", "network"),
    ("_security_group", "network"),
    ("_network", "network"),
    ("_subnet", "network"),
    ("_subnetwork", "network"),
    ("_vswitch", "network"),
    ("_namespace", "namespace"),
    ("_codecommit_repository", "repo"),
    ("_repository", "repo"),
];

/// Endings of resource types that run something.
const RUNNERS: &[(&str, &str)] = &[
    ("_instance", "vm"),
    ("_virtual_machine", "vm"),
    ("_launch_template", "vm"),
    ("_launch_configuration", "vm"),
    ("_lambda_function", "function"),
    ("_function", "function"),
    ("_function_app", "function"),
    ("_ecs_task_definition", "container-service"),
    ("_ecs_service", "container-service"),
    ("_cloud_run_service", "container-service"),
    ("_cloud_run_v2_service", "container-service"),
    ("_app_service", "container-service"),
    ("_web_app", "container-service"),
    ("_container_group", "container-service"),
    ("_container_app", "container-service"),
    ("_container_app_job", "container-service"),
    ("_spring_cloud_app", "container-service"),
    ("_spring_cloud_gateway", "container-service"),
    ("_spring_cloud_connection", "container-service"),
    ("_apprunner_service", "container-service"),
    ("_codebuild_project", "ci-job"),
    ("_cloudbuild_trigger", "ci-job"),
    ("_clouddeploy_target", "ci-job"),
    ("_cloud_run_job", "container-service"),
    ("_cloud_run_v2_job", "container-service"),
    ("_workflows_workflow", "function"),
    ("_scheduler_job", "scheduled-task"),
    ("_codepipeline", "ci-job"),
    ("_glue_job", "function"),
    ("_glue_dev_endpoint", "function"),
    ("_sagemaker_notebook_instance", "vm"),
    ("_batch_job_definition", "container-service"),
    ("_state_machine", "function"),
    ("_eks_node_group", "vm"),
    ("_node_pool", "vm"),
    ("_helm_release", "k8s-workload"),
    ("_deployment", "k8s-workload"),
    ("kubernetes_replication_controller", "k8s-workload"),
    ("kubernetes_stateful_set", "k8s-workload"),
    ("kubernetes_daemonset", "k8s-workload"),
    ("kubernetes_daemon_set", "k8s-workload"),
    ("kubernetes_cron_job", "k8s-workload"),
    ("kubernetes_job", "k8s-workload"),
    ("kubernetes_pod", "k8s-workload"),
    // They run commands.
    ("null_resource", "script"),
    ("terraform_data", "script"),
];

/// Key and human name of a block; nothing for blocks that only relate others.
pub(super) fn key(block: &Block<'_>, scope: &Scope<'_>) -> Option<(Key, String)> {
    let t = block.resource_type;
    let at = |names: &[&str]| names.iter().find_map(|n| scope.attribute(block.body, n)).filter(|n| !n.is_empty());
    let account = &scope.account;
    let iam = |path: &str, name: &str| if name.starts_with("arn:") { name.to_owned() } else { format!("arn:aws:iam::{account}:{path}/{name}") };
    let named = at(&[
        "name",
        "name_prefix",
        // What is in a bucket is not called as the bucket is.
        if t.ends_with("_bucket") { "bucket" } else { "function_name" },
        "function_name",
        "identifier",
        "cluster_identifier",
        "family",
        "account_id",
        "repository_id",
        "dataset_id",
        "role_id",
        "display_name",
        "secret_id",
        "key_name",
    ])
    .unwrap_or_else(|| block.name.to_owned());
    let definition = format!("def:{}#{}", account.trim_matches(['{', '}']), scope.address(block));
    // An account that nobody names stands in the id by its scope, and in the name as what it is.
    let shown = named.replace(&format!("${{{account}"), "${").replace(account.as_str(), "${account}");
    let make = |kind, subtype: &'static str, id: String| Some((Key::new(kind, subtype, id), shown.clone()));
    if let Some(found) = super::hosted_agents::key(block, scope, &definition).or_else(|| super::providers::key(block, scope, &definition)) {
        return Some(found);
    }
    match t {
        "aws_iam_role" => make(Kind::Identity, "aws-role", iam("role", &named)),
        "aws_iam_user" => make(Kind::Identity, "aws-user", iam("user", &named)),
        "aws_iam_group" => make(Kind::Identity, "other:aws-group", iam("group", &named)),
        "aws_iam_instance_profile" => make(Kind::Identity, "other:aws-instance-profile", iam("instance-profile", &named)),
        "aws_iam_policy" => match at(&["arn"]).filter(|_| block.data) {
            Some(arn) => make(Kind::Policy, "aws-policy", arn),
            None => make(Kind::Policy, "aws-policy", iam("policy", &named)),
        },
        "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" | "aws_iam_policy_document" | "aws_organizations_policy" => {
            let name = if t == "aws_iam_policy_document" { block.name.to_owned() } else { named.clone() };
            Some((Key::new(Kind::Policy, "aws-policy", format!("pol:{definition}")), name))
        }
        _ if super::resource_policy::is_policy(t) => Some((Key::new(Kind::Policy, "aws-policy", format!("pol:{definition}")), named.clone())),
        "vault_jwt_auth_backend" => {
            let url = at(&["oidc_discovery_url", "bound_issuer"]).unwrap_or_else(|| definition.clone());
            let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
            Some((Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}")), host))
        }
        "vault_policy_document" => Some((Key::new(Kind::Policy, "vault-policy", format!("pol:{definition}")), block.name.to_owned())),
        "vault_database_secret_backend_connection" => make(Kind::Resource, "database", format!("tf:{definition}")),
        "vault_policy" => make(Kind::Policy, "vault-policy", format!("vault-policy:{account}/{named}")),
        _ if t.starts_with("vault_") && t.ends_with("_role") => None,
        "gitlab_project_access_token" | "gitlab_group_access_token" | "gitlab_deploy_token" => None,
        _ if super::cluster::is_object(block) => None,
        _ if t.starts_with("azuread_") && (t.ends_with("_assignment") || t.ends_with("_owner") || t.ends_with("_api_access")) => None,
        "aws_iam_openid_connect_provider" => {
            let url = at(&["url"]).unwrap_or_else(|| definition.clone());
            let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
            Some((Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}")), host))
        }
        "aws_iam_access_key"
        | "google_service_account_key"
        | "azuread_application_password"
        | "azuread_service_principal_password"
        | "tls_private_key"
        | "random_password" => {
            let subtype = match t {
                "aws_iam_access_key" => "aws-access-key",
                "google_service_account_key" => "gcp-sa-key",
                "tls_private_key" => "private-key",
                "random_password" => "password",
                _ => "entra-client-secret",
            };
            Some((Key::new(Kind::Credential, subtype, format!("cred:{subtype}/{definition}")), block.name.to_owned()))
        }
        "aws_secretsmanager_secret" | "aws_secretsmanager_secret_version" => make(Kind::Location, "cloud-secret", format!("asm:{account}/{named}")),
        "aws_ssm_parameter" => make(Kind::Location, "cloud-secret", format!("ssm:{account}/{named}")),
        "google_secret_manager_secret" | "google_secret_manager_secret_version" => {
            make(Kind::Location, "cloud-secret", format!("//secretmanager.googleapis.com/{account}/secrets/{named}"))
        }
        "azurerm_key_vault_secret" | "azurerm_key_vault_key" => make(Kind::Location, "cloud-secret", format!("azkv:{account}/{named}")),
        "google_service_account" => {
            let project =
                at(&["project"]).filter(|p| !p.contains("${")).or_else(|| scope.project.as_ref().map(|(p, _)| p.clone())).unwrap_or_else(|| account.clone());
            Some((Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{named}@{project}.iam.gserviceaccount.com")), named.clone()))
        }
        "azurerm_user_assigned_identity" => make(Kind::Identity, "azure-mi-user", format!("azure-mi:{account}/{named}")),
        "azuread_application" | "azuread_application_registration" => make(Kind::Identity, "entra-app", format!("entra-app:{definition}")),
        "azuread_service_principal" => make(Kind::Identity, "entra-service-principal", format!("entra-sp:{definition}")),
        "azurerm_role_definition" => make(Kind::Policy, "azure-role", format!("azure-role:{definition}")),
        "google_project_iam_custom_role" | "google_organization_iam_custom_role" => make(Kind::Policy, "gcp-role", format!("gcp-role:{definition}")),
        "google_iam_deny_policy" => make(Kind::Policy, google::DENIES, format!("gcp-deny:{definition}")),
        "google_iam_workload_identity_pool" | "google_iam_workload_identity_pool_provider" => make(Kind::Issuer, "oidc-provider", format!("wif:{definition}")),
        "github_repository_environment" => {
            let repository = on_github(block, at(&["repository"]))?;
            let name = at(&["environment"]).filter(|n| !n.contains("${"))?;
            Some((Key::new(Kind::Resource, "ci-environment", format!("gh-env:{repository}/{name}")), name))
        }
        "github_actions_secret" | "github_actions_environment_secret" | "github_actions_organization_secret" => {
            let secret = at(&["secret_name"]).unwrap_or_else(|| block.name.to_owned());
            let scope = match (on_github(block, at(&["repository"])), owner_on_github(block)) {
                (Some(repository), _) => repository,
                (None, Some(owner)) if t == "github_actions_organization_secret" => format!("org={owner}"),
                _ => account.to_string(),
            };
            let environment = at(&["environment"]).filter(|_| t == "github_actions_environment_secret").map_or(String::new(), |e| format!("@env={e}"));
            let name = secret.to_ascii_uppercase();
            Some((Key::new(Kind::Location, "ci-secret", format!("gh-secret:{scope}{environment}/{name}")), secret))
        }
        "aws_organizations_policy_attachment" => None,
        _ if t.starts_with("aws_iam_") && (t.contains("attachment") || t.contains("membership")) => None,
        _ if is_binding(t) || t.ends_with("_access_policy") || t == "azurerm_role_assignment" || t.ends_with("federated_identity_credential") => None,
        "aws_bedrockagent_agent_knowledge_base_association" | "aws_bedrockagent_agent_collaborator" => None,
        _ => {
            // A version is no part of the type: `kubernetes_deployment_v1`.
            let bare = t.rsplit_once("_v").filter(|(_, v)| v.len() == 1 && v.starts_with(|c: char| c.is_ascii_digit())).map_or(t, |(bare, _)| bare);
            let ends = |table: &[(&'static str, &'static str)]| table.iter().find(|(ending, _)| bare.ends_with(ending)).map(|(_, s)| *s);
            // The longer ending decides: a database instance is no machine.
            if let Some(subtype) = ends(ENDINGS) {
                let id = if subtype == "object-store" && t.starts_with("aws_") { format!("arn:aws:s3:::{named}") } else { format!("tf:{definition}") };
                return make(Kind::Resource, subtype, id);
            }
            if let Some(subtype) = ends(RUNNERS) {
                return make(Kind::Consumer, subtype, format!("tf:{definition}"));
            }
            // What is drawn at random is a value, and nothing that anyone could reach.
            if block.data || is_random(t) {
                return None;
            }
            make(Kind::Resource, "other:cloud", format!("tf:{definition}"))
        }
    }
}

/// The organisation that this repository belongs to.
fn owner_on_github<'a>(block: &Block<'a>) -> Option<&'a str> {
    block.document.repository_body().strip_prefix("github.com/")?.split('/').next()
}

/// A repository as GitHub knows it: one that names no owner is of the organisation that this repository belongs to.
fn on_github(block: &Block<'_>, stated: Option<String>) -> Option<String> {
    let repository = stated.filter(|r| !r.contains("${"))?;
    if repository.contains('/') { Some(repository) } else { owner_on_github(block).map(|owner| format!("{owner}/{repository}")) }
}

/// A value that is drawn when the folder is first applied: no other folder has it.
pub(super) fn is_random(resource_type: &str) -> bool {
    resource_type.starts_with("random_") && resource_type != "random_password"
}

/// `google_project_iam_member`, `google_storage_bucket_iam_binding`, and so on.
pub(super) fn is_binding(resource_type: &str) -> bool {
    resource_type.starts_with("google_") && ["_iam_member", "_iam_binding", "_iam_policy"].iter().any(|e| resource_type.ends_with(e))
}
