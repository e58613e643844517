//! Every rule of escalation fires on what it needs, and on nothing less: no rule can be added without either.

use std::collections::BTreeSet;

use super::{aws, azure, github, google, kubernetes, vault};
use crate::graph::Graph;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, GRANTED, PART_OF, PERMITS, RUNS_AS, TRUSTS};
use crate::tables::microsoft;

fn at() -> Location {
    Location { repository: "repo:r".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None }
}

fn key(kind: Kind, subtype: &'static str, id: &str) -> Key {
    Key::new(kind, subtype, id)
}

/// Names of the rules by which one leads to another, in what the facts resolve to.
fn rules(facts: Facts, from: &Key, to: &Key) -> BTreeSet<String> {
    let mut graph = Graph::from_facts(facts);
    crate::resolve::resolve(&mut graph);
    let drawn = graph.out(&from.id).filter(|e| e.relation.name == "can_escalate_to" && e.to == to.id);
    drawn.filter_map(|e| e.text("rule").map(str::to_owned)).collect()
}

/// Alternatives of each need: the first of each, and each of the others in its place.
fn ways(needed: &[&'static str]) -> Vec<Vec<&'static str>> {
    let first: Vec<&str> = needed.iter().filter_map(|n| n.split('|').next()).collect();
    let mut out = vec![first.clone()];
    for (i, need) in needed.iter().enumerate() {
        for other in need.split('|').skip(1) {
            let mut way = first.clone();
            way[i] = other;
            out.push(way);
        }
    }
    out
}

/// The same less one of its needs.
fn less<'a>(way: &[&'a str]) -> Vec<Vec<&'a str>> {
    (0..way.len()).map(|i| way.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, n)| *n).collect()).collect()
}

/// Whether a rule still fires because what is left covers every need by another way.
fn covered(needed: &[&str], held: &[&str]) -> bool {
    needed.iter().all(|n| n.split('|').any(|one| held.contains(&one)))
}

/// A user of AWS with these actions; a role that trusts the service.
fn of_aws(held: &[&str], rule: &aws::Rule, trusted: &str) -> BTreeSet<String> {
    let mut facts = Facts::default();
    let user = key(Kind::Identity, "aws-user", "arn:aws:iam::111122223333:user/ci");
    let role = key(Kind::Identity, "aws-role", "arn:aws:iam::111122223333:role/boss");
    let policy = key(Kind::Policy, "aws-policy", "pol:x");
    facts.declare(&user, "ci", at());
    facts.declare(&role, "boss", at());
    facts.relate(&role, &TRUSTS, &key(Kind::Issuer, "aws-service", &format!("aws-service:{trusted}.amazonaws.com")), at());
    facts.relate(&user, &GRANTED, &policy, at());
    for action in held {
        let named = matches!(rule.2, aws::Gives::Named) || *action == "iam:passrole";
        let service = action.split(':').next().unwrap_or_default();
        let target = if named { role.clone() } else { key(Kind::Resource, "compute", &format!("aws:111122223333/{service}/*")) };
        facts.mention(&target, "", at());
        facts.relate(&policy, &PERMITS, &target, at()).attr("effect", "allow").attr("level", "write").attr("actions", vec![*action]);
    }
    rules(facts, &user, &role)
}

/// A rule fires on each way to have all that it needs, and without any part of that it does not.
fn by_all_and_no_less(name: &str, needed: &'static [&'static str], fires: impl Fn(&[&str]) -> bool) {
    for way in ways(needed) {
        assert!(fires(&way), "{name} by {way:?}");
        for held in less(&way).into_iter().filter(|h| !covered(needed, h)) {
            assert!(!fires(&held), "{name} without one of {way:?}");
        }
    }
}

#[test]
fn each_rule_of_aws_fires_on_its_actions_alone() {
    for rule in aws::RULES {
        let aws::Rule(name, needed, gives) = rule;
        let service = match gives {
            aws::Gives::Named => "ec2",
            aws::Gives::Passed(service) | aws::Gives::Runs(service) => service,
        };
        by_all_and_no_less(name, needed, |held| of_aws(held, rule, service).contains(*name));
        let way = &ways(needed)[0];
        let looks: Vec<String> = way.iter().map(|a| format!("{}:describe", a.split(':').next().unwrap_or_default())).collect();
        assert!(of_aws(&looks.iter().map(String::as_str).collect::<Vec<_>>(), rule, service).is_empty(), "{name} by who only looks");
        if !matches!(gives, aws::Gives::Named) {
            assert!(!of_aws(way, rule, "another").contains(*name), "{name} to a role that trusts another service");
        }
    }
}

#[test]
fn each_rule_of_google_fires_on_its_permissions_where_they_were_granted() {
    let of = |held: &[&str], gives: google::Gives, project: &str| {
        let mut facts = Facts::default();
        let ci = key(Kind::Identity, "gcp-service-account", "gcp-sa:ci@tools.iam.gserviceaccount.com");
        let db = key(Kind::Identity, "gcp-service-account", "gcp-sa:db@shop.iam.gserviceaccount.com");
        let builder = key(Kind::Identity, "gcp-service-account", "gcp-sa:7@cloudbuild.gserviceaccount.com");
        let role = key(Kind::Policy, "gcp-role", "gcp-role:custom");
        let place = key(Kind::Resource, "cloud-account", "gcp-project:shop");
        let cluster = key(Kind::Resource, "cluster", "tf:cluster");
        for node in [&ci, &db, &builder, &place, &cluster] {
            facts.declare(node, "", at());
        }
        facts.declare(&role, "custom", at()).attr("permissions", held.to_vec());
        facts.relate(&ci, &GRANTED, &role, at()).attr("scope", project);
        facts.relate(&builder, &GRANTED, &key(Kind::Policy, "gcp-role", "gcp-role:other"), at()).attr("scope", "gcp-project:shop");
        facts.relate(&cluster, &PART_OF, &place, at());
        let api_key = key(Kind::Resource, "other:cloud", "tf:key");
        facts.declare(&api_key, "", at()).attr("type", "google_apikeys_key");
        facts.relate(&api_key, &PART_OF, &place, at());
        match gives {
            google::Gives::Machines => facts.relate(&key(Kind::Consumer, "vm", "vm:a"), &RUNS_AS, &db, at()),
            google::Gives::Federated => facts.relate(&key(Kind::Identity, "gcp-wif-principal", "principalSet://x"), &CAN_ASSUME, &db, at()),
            _ => facts.relate(&db, &PART_OF, &place, at()),
        };
        let target = match gives {
            google::Gives::Place => place,
            google::Gives::Builders => builder,
            google::Gives::Clusters => cluster,
            google::Gives::Keys => api_key,
            google::Gives::NewKeys => google::new_keys("gcp-project:shop"),
            _ => db,
        };
        rules(facts, &ci, &target)
    };
    for google::Rule(name, needed, gives) in google::RULES {
        by_all_and_no_less(name, needed, |held| of(held, *gives, "gcp-project:shop").contains(*name));
        for way in ways(needed) {
            assert!(of(&way, *gives, "gcp-project:other").is_empty(), "{name} in another project");
        }
    }
}

#[test]
fn whom_google_lets_an_account_become_on_purpose_it_does_not_raise_itself_to() {
    let of = |given: bool| {
        let mut facts = Facts::default();
        let pod = key(Kind::Identity, "k8s-service-account", "k8s:r/shop/ServiceAccount/web");
        let web = key(Kind::Identity, "gcp-service-account", "gcp-sa:web@shop.iam.gserviceaccount.com");
        let user = key(Kind::Policy, "gcp-role", "gcp-role:roles/iam.workloadIdentityUser");
        for node in [&pod, &web, &user] {
            facts.declare(node, "", at());
        }
        facts.relate(&pod, &GRANTED, &user, at()).attr("scope", if given { &*web.id } else { "gcp-project:shop" });
        if given {
            facts.relate(&pod, &CAN_ASSUME, &web, at());
        }
        rules(facts, &pod, &web)
    };
    assert!(of(true).is_empty());
    assert!(!of(false).is_empty(), "on the whole project it is more than the one account needs");
}

#[test]
fn each_rule_of_azure_fires_on_its_actions_on_that_thing() {
    let of = |held: &[&str], gives: azure::Gives, on: &str| {
        let mut facts = Facts::default();
        let ci = key(Kind::Identity, "azure-mi-user", "azure-mi:ci");
        let group = key(Kind::Resource, "cloud-account", "tf:def:r//#azurerm_resource_group.shop");
        let other = key(Kind::Resource, "cloud-account", "tf:def:r//#azurerm_resource_group.other");
        let job = key(Kind::Identity, "azure-mi-user", "azure-mi:job");
        let role = key(Kind::Policy, "azure-role", "azure-role:custom");
        for node in [&ci, &group, &other, &job] {
            facts.declare(node, "", at()).attr("type", "azurerm_resource_group");
        }
        facts.declare(&role, "custom", at()).attr("powers", held.to_vec());
        facts.relate(&ci, &GRANTED, &role, at());
        facts.relate(&ci, &CAN_ACCESS, if on == "shop" { &group } else { &other }, at()).attr("level", "write").attr("via_role", "custom");
        let target = match gives {
            azure::Gives::Scope => group.clone(),
            azure::Gives::Identities => {
                facts.relate(&job, &PART_OF, &group, at());
                job
            }
            azure::Gives::Runners(kinds) => {
                let runner = key(Kind::Consumer, kinds[0], "runner");
                facts.relate(&runner, &PART_OF, &group, at());
                facts.relate(&runner, &RUNS_AS, &job, at());
                job
            }
            azure::Gives::Things(subtype) => {
                let thing = key(Kind::Resource, subtype, "thing");
                facts.relate(&thing, &PART_OF, &group, at());
                thing
            }
        };
        rules(facts, &ci, &target)
    };
    for azure::Rule(name, needed, gives) in azure::RULES {
        by_all_and_no_less(name, needed, |held| of(held, *gives, "shop").contains(*name));
        for way in ways(needed) {
            assert!(of(&way, *gives, "other").is_empty(), "{name} on something else");
        }
    }
}

#[test]
fn each_rule_of_kubernetes_fires_on_its_verbs_and_kinds_in_that_namespace() {
    let of = |held: &[String], whole: bool| {
        let mut facts = Facts::default();
        let ci = key(Kind::Identity, "k8s-service-account", "k8s:{r}/tools/ServiceAccount/ci");
        let db = key(Kind::Identity, "k8s-service-account", "k8s:{r}/pay/ServiceAccount/db");
        let namespace = key(Kind::Resource, "namespace", "k8s:{r}/pay");
        let role = key(Kind::Policy, "k8s-role", "k8s:{r}/pay/Role/x");
        for node in [&ci, &db, &namespace] {
            facts.declare(node, "", at());
        }
        facts.relate(&ci, &GRANTED, &role, at());
        facts.relate(&role, &PERMITS, &namespace, at()).attr("effect", "allow").attr("level", "write").attr("actions", held.to_vec());
        rules(facts, &ci, if whole { &namespace } else { &db })
    };
    let rules = kubernetes::ACCOUNTS.iter().map(|r| (r, false)).chain(kubernetes::WHOLE.iter().map(|r| (r, true)));
    for (kubernetes::Rule(name, needed), whole) in rules {
        let right = |verb: &str, kind: &str| format!("{verb} {kind}");
        let all: Vec<String> = needed.iter().map(|(verbs, kinds)| right(verbs[0], kinds[0])).collect();
        assert!(of(&all, whole).contains(*name), "{name} by {all:?}");
        for (i, (verbs, kinds)) in needed.iter().enumerate() {
            let mut looks = all.clone();
            looks[i] = right("list", kinds[0]);
            assert!(!of(&looks, whole).contains(*name), "{name} by who only looks at {}", kinds[0]);
            looks[i] = right(verbs[0], "leases");
            assert!(!of(&looks, whole).contains(*name), "{name} on another kind");
            for verb in verbs.iter().copied().chain(["*"]) {
                for kind in *kinds {
                    let mut one = all.clone();
                    one[i] = right(verb, kind);
                    assert!(of(&one, whole).contains(*name), "{name} by {one:?}");
                }
            }
        }
        // One object of the kind is not the kind.
        let named: Vec<String> =
            needed.iter().map(|(verbs, kinds)| right(verbs[0], &format!("{}@one", kinds[0].split('@').next().unwrap_or_default()))).collect();
        assert!(!of(&named, whole).contains(*name), "{name} by {named:?}");
    }
}

#[test]
fn each_rule_of_github_fires_on_what_is_written() {
    let of = |held: &[&str], level: &str| {
        let mut facts = Facts::default();
        let app = key(Kind::Identity, "scm-app-installation", "gh-app:bot");
        let owner = key(Kind::Resource, "saas-tenant", "saas:github.com/acme");
        let policy = key(Kind::Policy, "app-permissions", "pol:bot");
        let map: serde_json::Map<String, serde_json::Value> = held.iter().map(|h| ((*h).to_owned(), level.into())).collect();
        facts.declare(&owner, "", at());
        facts.declare(&policy, "", at()).attr("permissions", map);
        facts.relate(&app, &GRANTED, &policy, at());
        facts.relate(&app, &CAN_ACCESS, &owner, at()).attr("level", "write");
        rules(facts, &app, &owner)
    };
    for github::Rule(name, needed) in github::RULES {
        assert!(of(needed, "write").contains(*name), "{name}");
        assert!(of(needed, "read").is_empty(), "{name} by who reads");
        for held in less(needed) {
            assert!(!of(&held, "write").contains(*name), "{name} without one");
        }
    }
}

#[test]
fn each_rule_of_vault_fires_on_its_path() {
    let of = |action: &str| {
        let mut facts = Facts::default();
        let ops = key(Kind::Identity, "vault-role", "vault-role:v/kubernetes/ops");
        let web = key(Kind::Identity, "vault-role", "vault-role:v/approle/web");
        let whole = key(Kind::Resource, "secret-store", "vault:v");
        for node in [&ops, &web, &whole] {
            facts.declare(node, "", at());
        }
        let policy = key(Kind::Policy, "vault-policy", "vault-policy:v/p");
        facts.relate(&ops, &GRANTED, &policy, at());
        facts.relate(&policy, &PERMITS, &whole, at()).attr("effect", "allow").attr("level", "write").attr("actions", vec![action]);
        rules(facts.clone(), &ops, &whole).into_iter().chain(rules(facts, &ops, &web)).collect::<Vec<_>>()
    };
    for (name, paths) in vault::RULING {
        for path in *paths {
            assert_eq!(of(&format!("update {path}")), [*name]);
            assert!(of(&format!("read {path}")).is_empty(), "{name} by who reads");
        }
    }
    assert_eq!(of("update sys/*"), ["write on sys/policies"], "a star covers what it stands for");
    assert_eq!((of("sudo sys/seal"), of("create *")), (vec!["sudo".to_owned()], vec!["write on every path".to_owned()]));
    assert_eq!(of("update auth/approle/role/web/secret-id"), [vault::LOGIN]);
    assert!(of("update auth/approle/role/other").is_empty() && of("update secret/data/x").is_empty() && of("read auth/approle/role/web").is_empty());
}

#[test]
fn each_permission_of_entra_that_leads_further_does_and_its_reader_does_not() {
    let of = |scope: &str, how: &str| {
        let mut facts = Facts::default();
        let app = key(Kind::Identity, "entra-app", "entra-app:x");
        let tenant = key(Kind::Resource, "identity-provider", "entra-tenant:x");
        let policy = key(Kind::Policy, "entra-permission-set", &format!("pol:x/{how}"));
        facts.declare(&tenant, "", at());
        facts.declare(&policy, "", at()).attr("scopes", vec![scope]);
        facts.relate(&app, &GRANTED, &policy, at());
        facts.relate(&policy, &PERMITS, &tenant, at()).attr("effect", "allow").attr("level", "write");
        rules(facts, &app, &tenant)
    };
    for name in microsoft::leading() {
        assert!(of(name, "application").contains(name), "{name}");
        assert!(of(name, "delegated").is_empty(), "{name} on behalf of somebody");
        assert!(of(&name.replace("ReadWrite", "Read").replace("Administrator", "Reader"), "application").is_empty(), "{name} by who reads");
    }
}

#[test]
fn a_maintainer_of_gitlab_has_what_its_jobs_have_and_a_developer_has_not() {
    let of = |level: &str| {
        let mut facts = Facts::default();
        let token = key(Kind::Identity, "scm-deploy-token", "gl-token:x");
        let job = key(Kind::Consumer, "gl-job", "gl-job:gitlab.com/acme/web//.gitlab-ci.yml#ship");
        let role = key(Kind::Identity, "aws-role", "arn:aws:iam::111122223333:role/ship");
        let project = key(Kind::Resource, "repo", "saas:gitlab.com/acme/web");
        facts.declare(&token, "", at()).attr("access_level", level);
        facts.declare(&project, "", at());
        facts.declare(&role, "", at());
        facts.relate(&token, &CAN_ACCESS, &project, at()).attr("level", "admin");
        facts.relate(&job, &RUNS_AS, &role, at());
        rules(facts, &token, &role)
    };
    assert_eq!(of("maintainer").len(), 1);
    assert!(of("developer").is_empty());
}
