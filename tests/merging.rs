//! Repositories that meet in one thing only, and names that mean something else in each.

use std::sync::Arc;

use nhi::config::Config;
use nhi::document::Document;
use nhi::graph::{Graph, Lineage};
use nhi::pipeline;

const NOW: i64 = 1_767_225_600;

fn scan(files: &[(&str, &str, &str)]) -> Lineage {
    let document = |(repository, path, text): &(&str, &str, &str)| {
        let id: Arc<str> = format!("repo:github.com/acme/{repository}").into();
        Document::new(id, *path, text.as_bytes().to_vec(), None)
    };
    let straight = pipeline::scan_documents(files.iter().map(document).collect(), &Config::default(), NOW);
    let turned = pipeline::scan_documents(files.iter().rev().map(document).collect(), &Config::default(), NOW);
    let told = |l: &Lineage| l.graph.edges.values().map(|e| format!("{} {} {} {}", e.from, e.relation.name, e.to, e.confidence)).collect::<Vec<_>>();
    assert_eq!(told(&straight), told(&turned), "the order of repositories does not matter");
    straight
}

fn has(graph: &Graph, from: &str, relation: &str, to: &str) -> bool {
    graph.edges.values().any(|e| e.from.contains(from) && e.relation.name == relation && e.to.contains(to))
}

/// Whether a node of the first repository leads to one of the second, whatever stands between them.
fn leads(graph: &Graph, from: &str, to: &str) -> bool {
    let mut todo: Vec<_> = graph.nodes.keys().filter(|id| id.contains(from)).cloned().collect();
    let mut seen: std::collections::BTreeSet<_> = todo.iter().cloned().collect();
    while let Some(at) = todo.pop() {
        if at.contains(to) {
            return true;
        }
        let ahead = graph.out(&at).map(|e| e.to.clone());
        let same = graph.ending_at(&at).filter(|e| e.relation.name == "same_as").map(|e| e.from.clone());
        let next: Vec<_> = ahead.chain(same).filter(|id| !seen.contains(id)).collect();
        seen.extend(next.iter().cloned());
        todo.extend(next);
    }
    false
}

const WORKFLOW: &str = "on: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    permissions: { id-token: write }\n    steps:\n";

#[test]
fn two_repositories_meet_in_an_arn() {
    let ship = format!(
        "{WORKFLOW}      - uses: aws-actions/configure-aws-credentials@v4\n        with: {{ role-to-assume: \"arn:aws:iam::111122223333:role/ship\" }}\n"
    );
    let infra = "resource \"aws_iam_role_policy\" \"ship\" {\n  name = \"ship\"\n  role = \"arn:aws:iam::111122223333:role/ship\"\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = [\"s3:PutObject\"], Resource = \"arn:aws:s3:::acme-data\" }] })\n}\nresource \"aws_iam_role_policy_attachment\" \"ship\" {\n  role = \"ship\"\n  policy_arn = \"arn:aws:iam::111122223333:policy/x\"\n}\n";
    let found = scan(&[("web", ".github/workflows/ship.yml", &ship), ("infra", "main.tf", infra)]);
    assert!(leads(&found.graph, "gh-workflow:acme/web", "arn:aws:iam::111122223333:role/ship"));
}

#[test]
fn two_repositories_meet_in_the_name_of_an_image() {
    let ship = format!("{WORKFLOW}      - run: docker push ghcr.io/acme/api:$GITHUB_SHA\n");
    let deploy = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api, namespace: shop }\nspec: { template: { spec: { containers: [ { name: api, image: \"ghcr.io/acme/api:7\" } ] } } }\n";
    let found = scan(&[("api", ".github/workflows/ship.yml", &ship), ("deploy", "api.yaml", deploy)]);
    assert!(has(&found.graph, "gh-workflow:acme/api", "deploys", "k8s:{github.com/acme/deploy}/shop/Deployment/api"));
}

#[test]
fn two_repositories_meet_in_the_address_of_a_service_account() {
    let ship = format!(
        "{WORKFLOW}      - uses: google-github-actions/auth@v2\n        with: {{ service_account: \"up@acme-web.iam.gserviceaccount.com\", workload_identity_provider: \"projects/1/locations/global/workloadIdentityPools/p/providers/q\" }}\n"
    );
    let infra = "resource \"google_storage_bucket_iam_member\" \"up\" {\n  bucket = google_storage_bucket.data.name\n  role   = \"roles/storage.objectAdmin\"\n  member = \"serviceAccount:up@acme-web.iam.gserviceaccount.com\"\n}\nresource \"google_storage_bucket\" \"data\" { name = \"acme-data\" }\n";
    let found = scan(&[("web", ".github/workflows/ship.yml", &ship), ("infra", "main.tf", infra)]);
    assert!(has(&found.graph, "gh-workflow:acme/web", "can_assume", "gcp-sa:up@acme-web.iam.gserviceaccount.com"));
    assert!(leads(&found.graph, "gh-workflow:acme/web", "google_storage_bucket.data"));
}

#[test]
fn two_repositories_meet_in_a_value_by_its_fingerprint() {
    // Built here, so that no look-alike stands in the repository.
    let token: String = "sk".chars().chain("_live_".chars()).chain((0..24).map(|i| char::from(b"Qa7Zx2Wc9Er4Vt1Yb8Nu5M"[(i * 7 + 3) % 22]))).collect();
    let (a, b) = (format!("STRIPE_KEY={token}\n"), format!("const token = \"{token}\";\n"));
    let found = scan(&[("web", ".env", &a), ("tools", "src/release.js", &b)]);
    let places: std::collections::BTreeSet<&str> = found
        .graph
        .edges
        .values()
        .filter(|e| e.relation.name == "stored_in" && e.from.starts_with("cred:"))
        .filter_map(|e| ["acme/web", "acme/tools"].into_iter().find(|r| e.to.contains(r)))
        .collect();
    let credentials = found.graph.nodes.keys().filter(|id| id.starts_with("cred:")).count();
    assert_eq!((places.len(), credentials), (2, 1), "one credential with a copy in each");
}

#[test]
fn names_of_one_repository_do_not_meet_those_of_another() {
    let compose = "services:\n  db: { image: \"postgres:16\", environment: { POSTGRES_PASSWORD: \"${P}\" } }\n  app: { image: \"acme/x\", environment: { DATABASE_URL: \"postgres://app:${P}@db:5432/shop\" } }\n";
    let azure = "variables:\n  - group: shared\nsteps:\n  - script: echo $(TOKEN)\n    env: { TOKEN: $(API_TOKEN) }\n";
    let chart = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: {{ include \"app.fullname\" . }} }\nspec: { template: { spec: { serviceAccountName: {{ include \"app.sa\" . }}, containers: [ { name: a, image: x } ] } } }\n";
    let mut files = Vec::new();
    for repository in ["web", "shop"] {
        files.extend([(repository, "compose.yml", compose), (repository, "azure-pipelines.yml", azure), (repository, "chart/templates/app.yaml", chart)]);
        files.push((repository, "chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"));
    }
    let found = scan(&files);
    for (from, to) in [("acme/web", "acme/shop"), ("acme/shop", "acme/web")] {
        let crossing: Vec<String> = found
            .graph
            .edges
            .values()
            .filter(|e| e.from.contains(from) && e.to.contains(to))
            .map(|e| format!("{} {} {}", e.from, e.relation.name, e.to))
            .collect();
        assert!(crossing.is_empty(), "{crossing:#?}");
    }
    // What both name by the same words is two things.
    let shared: Vec<&str> = found
        .graph
        .nodes
        .values()
        .filter(|n| {
            let of = |r: &str| n.places().any(|l| l.repository.ends_with(r));
            of("acme/web")
                && of("acme/shop")
                && (n.id().starts_with("db:") || n.id().starts_with("dbuser:") || n.id().starts_with("azdo-") || n.id().starts_with("k8s:"))
        })
        .map(|n| &**n.id())
        .collect();
    assert!(shared.is_empty(), "{shared:#?}");
}

#[test]
fn a_trust_tells_a_subject_that_it_admits_and_how_wide_it_is() {
    let infra = "resource \"aws_iam_openid_connect_provider\" \"gh\" { url = \"https://token.actions.githubusercontent.com\" }\nresource \"aws_iam_role\" \"ship\" {\n  name = \"ship\"\n  assume_role_policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRoleWithWebIdentity\", Principal = { Federated = aws_iam_openid_connect_provider.gh.arn }, Condition = { StringLike = { \"token.actions.githubusercontent.com:sub\" = \"repo:acme/*:ref:refs/heads/main\" } } }] })\n}\n";
    let found = scan(&[("web", ".github/workflows/ship.yml", WORKFLOW), ("infra", "main.tf", infra)]);
    let edge = found.graph.edges.values().find(|e| e.relation.name == "can_assume" && e.from.starts_with("oidc:")).expect("the subject is admitted");
    assert_eq!(edge.text("witness"), Some("repo:acme/web:ref:refs/heads/main"));
    assert_eq!(edge.text("breadth"), Some("branch"));
}

#[test]
fn two_repositories_meet_in_the_place_of_a_state() {
    let infra = "terraform {\n  backend \"gcs\" {\n    bucket = \"acme-state\"\n    prefix = \"iam\"\n  }\n}\nresource \"aws_iam_role\" \"app\" {\n  name = \"app\"\n  assume_role_policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { Service = \"lambda.amazonaws.com\" } }] })\n}\noutput \"app_role\" { value = aws_iam_role.app.arn }\n";
    let app = "data \"terraform_remote_state\" \"iam\" {\n  backend = \"gcs\"\n  config = { bucket = \"acme-state\", prefix = \"iam\" }\n}\nresource \"aws_lambda_function\" \"pay\" {\n  function_name = \"pay\"\n  role          = data.terraform_remote_state.iam.outputs.app_role\n}\n";
    let found = scan(&[("infra", "main.tf", infra), ("web", "main.tf", app)]);
    assert!(has(&found.graph, "tf-output:gcs/acme-state/iam#app_role", "same_as", "acme/infra"));
    assert!(leads(&found.graph, "acme/web//#aws_lambda_function.pay", "acme/infra//}:role/app"));
}
