//! Files of workstations and images: Compose, Dockerfiles, environment and credential files.

mod clouds;
mod compose;
mod credentials;
mod devcontainer;
mod docker;
mod dotenv;
mod kubeconfig;
mod nomad;
mod platforms;
mod registries;
mod sops;
mod spire;
mod ssh_config;
mod systemd;
mod xml;

use super::{Extractor, Read};
use crate::document::{Syntax, syntax_of};

fn name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "compose",
        about: "Docker Compose: services, what they are given, the databases that they run",
        matches: |path, head| {
            let name = name(path);
            (name.ends_with(".yml") || name.ends_with(".yaml"))
                && (name.contains("compose") || !path.contains(".github/") && memchr::memmem::find(head, b"services:").is_some())
        },
        read: Read::Each(compose::read),
    },
    Extractor {
        name: "dockerfile",
        about: "Dockerfiles: secrets in layers and build arguments",
        matches: |path, _| {
            let name = name(path);
            name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name.starts_with("containerfile")
        },
        read: Read::Each(docker::read),
    },
    Extractor {
        name: "dotenv",
        about: "environment files: each key a slot",
        matches: |path, _| syntax_of(path) == Syntax::Dotenv || path.ends_with(".properties"),
        read: Read::Each(dotenv::read),
    },
    Extractor {
        name: "credential-files",
        about: "credential files: AWS profiles, kubeconfig, package clients, registries, keys of clouds and OAuth clients",
        matches: credentials::wants,
        read: Read::Each(credentials::read),
    },
    Extractor { name: "sops", about: "files that SOPS encrypts, the keys that open them, and its rules", matches: sops::wants, read: Read::Each(sops::read) },
    Extractor {
        name: "ssh-config",
        about: "settings of SSH clients: users, keys, hosts and the hosts between",
        matches: ssh_config::wants,
        read: Read::Each(ssh_config::read),
    },
    Extractor {
        name: "nomad",
        about: "jobs of Nomad: roles in Vault, secrets in templates, identities of tasks",
        matches: nomad::wants,
        read: Read::Each(nomad::read),
    },
    Extractor {
        name: "spire",
        about: "settings of SPIRE's server and agents: trust domain, attestation, keys",
        matches: spire::wants,
        read: Read::Each(spire::read),
    },
    Extractor {
        name: "platforms",
        about: "hosting platforms: Cloudflare Workers, Fly, Render, Vercel, App Engine, Heroku",
        matches: platforms::wants,
        read: Read::Each(platforms::read),
    },
    Extractor {
        name: "devcontainer",
        about: "development containers: mounts, variables, secrets",
        matches: |path, _| path.ends_with("devcontainer.json"),
        read: Read::Each(devcontainer::read),
    },
    Extractor {
        name: "systemd",
        about: "units of systemd: users, environment, credentials",
        matches: |path, _| path.ends_with(".service"),
        read: Read::Each(systemd::read),
    },
];
