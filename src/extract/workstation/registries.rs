//! Clients of registries: npm, PyPI, Docker, Cargo, Maven and NuGet, each with the host that its login opens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::credentials::{File, host};
use super::xml::tags;
use crate::document::Node;
use crate::extract::text::sight;
use crate::model::{Key, Kind};
use crate::relation::{AUTHENTICATES_AS, STORED_IN};

/// `//host/:_authToken=…`, and the older unscoped fields.
pub(super) fn npm(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    for (key, value) in tree.entries().flat_map(|(_, section)| section.entries()) {
        let Some(name) = key.str() else { continue };
        let (registry, field) = name.rsplit_once(":_").map_or(("registry.npmjs.org", name.trim_start_matches('_')), |(r, f)| (host(r), f));
        if !matches!(field, "authToken" | "auth" | "password") || !name.contains('_') {
            continue;
        }
        let at = document.at(value);
        let client = file.client(registry, "npm", at.clone());
        let slot = file.slot(&client, field, value);
        file.opens(&slot, "package-registry", format!("host:{registry}"), registry, "write", at);
    }
}

pub(super) fn pypi(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    for (section, body) in tree.entries() {
        let Some((name, value)) = section.str().and_then(|s| Some((s, body.get("password")?))) else { continue };
        let known = match name {
            "pypi" => "upload.pypi.org",
            "testpypi" => "test.pypi.org",
            other => other,
        };
        let registry = body.get_str("repository").map_or(known, host).to_owned();
        let client = file.client(name, "twine", document.place(section.line, section.column, body.end_line));
        let slot = file.slot(&client, "password", value);
        file.opens(&slot, "package-registry", format!("host:{registry}"), &registry, "write", document.at(value));
    }
}

/// Logins of registries; a helper keeps them elsewhere.
pub(super) fn docker(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    let auths = tree.get("auths").unwrap_or(tree);
    for (registry, body) in auths.entries() {
        let Some(name) = registry.str().map(host) else { continue };
        for field in ["auth", "password", "identitytoken", "registrytoken"] {
            let Some(value) = body.get(field).filter(|v| v.str().is_some_and(|s| !s.is_empty())) else { continue };
            let client = file.client(name, "docker", document.place(registry.line, registry.column, body.end_line));
            let slot = file.kept(&client, field, value, "encoded");
            // The login in the clear is what others have too.
            if let Some((user, proof)) = value.str().filter(|_| field == "auth").and_then(decoded) {
                sight(document, value, "password", &proof, file.facts);
                if user.len() < 40 && user != "x-access-token" && user != "oauth2accesstoken" {
                    let at = document.at(value);
                    file.identity(&slot, &AUTHENTICATES_AS, "saas-account", format!("account:{name}/{user}"), &user, at);
                }
            }
            file.opens(&slot, "container-registry", format!("host:{name}"), name, "write", document.at(value));
        }
    }
}

/// Login and password of HTTP's basic scheme.
fn decoded(text: &str) -> Option<(String, String)> {
    let plain = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (user, proof) = plain.split_once(':')?;
    Some((user.to_owned(), proof.to_owned()))
}

pub(super) fn cargo(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    // Without its ending the file is read by sections, whose names are dotted.
    let sections = tree.entries().filter_map(|(k, v)| Some((k.str()?.strip_prefix("registries.")?, v)));
    let registries = tree.get("registries").into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v))).chain(sections);
    for (name, body) in tree.get("registry").map(|r| ("crates.io", r)).into_iter().chain(registries) {
        let Some(value) = body.get("token") else { continue };
        let client = file.client(name, "cargo", document.at(body));
        let slot = file.slot(&client, "token", value);
        file.opens(&slot, "package-registry", format!("cargo-registry:{name}"), name, "write", document.at(value));
    }
}

/// Servers of Maven's settings. `{…}` is encrypted under a master password that is kept in a file too.
pub(super) fn maven(file: &mut File<'_>) {
    let document = file.document;
    let text = document.text();
    let mut server: Option<(u32, u32, &str)> = None;
    let mut values: Vec<(&str, Node)> = Vec::new();
    for tag in tags(&text) {
        match (tag.name, tag.closes) {
            ("server", false) => {
                server = Some((tag.line, tag.column, "server"));
                values.clear();
            }
            ("id", false) => {
                if let Some((.., id)) = server.as_mut().filter(|_| !tag.text.is_empty()) {
                    *id = tag.text;
                }
            }
            (field @ ("password" | "privateKey" | "passphrase"), false) if server.is_some() && !tag.text.is_empty() => {
                values.push((field, Node::text_at(tag.text, tag.text_line, tag.text_column)));
            }
            ("server", true) => {
                let Some((line, column, id)) = server.take() else { continue };
                let client = file.client(id, "maven", document.place(line, column, tag.line));
                for (field, value) in values.drain(..) {
                    let at = document.at(&value);
                    let sealed = value.str().is_some_and(|v| v.starts_with('{') && v.ends_with('}'));
                    let slot = file.kept(&client, field, &value, if sealed { "encoded" } else { "plaintext" });
                    file.opens(&slot, "package-registry", format!("maven-server:{}/{id}", document.repository_body()), id, "write", at.clone());
                    if sealed {
                        let blob = Key::new(Kind::Credential, "sealed-blob", format!("cred:sealed-blob/{}", slot.id));
                        file.facts
                            .declare(&blob, format!("{field} of {id}"), at.clone())
                            .attr("state", "encrypted")
                            .attr("type", "sealed-blob")
                            .attr("rule", "maven");
                        file.facts.relate(&blob, &STORED_IN, &slot, at);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The master password: encrypted with a word that everyone knows, so that it protects nothing.
pub(super) fn master(file: &mut File<'_>) {
    let document = file.document;
    for tag in tags(&document.text()).iter().filter(|t| t.name == "master" && !t.closes && !t.text.is_empty()) {
        let at = document.place(tag.text_line, tag.text_column, tag.text_line);
        let slot = Key::new(Kind::Location, "file", format!("{}#master", document.file_id()));
        file.facts.declare(&slot, "master password", at.clone()).attr("store", "file").attr("protection", "encoded");
        let key = Key::new(Kind::Credential, "encryption-key", format!("cred:encryption-key/{}", slot.id));
        let node = file.facts.declare(&key, "master password of Maven", at.clone());
        node.attr("state", "present-head").attr("type", "encryption-key").attr("rule", "maven-master").attr("opens", "maven");
        file.facts.relate(&key, &STORED_IN, &slot, at);
    }
}

/// Credentials of package sources, under an element named after the source.
pub(super) fn nuget(file: &mut File<'_>) {
    let document = file.document;
    let text = document.text();
    let (mut section, mut source) = ("", "");
    let mut sources: Vec<(&str, &str)> = Vec::new();
    for tag in tags(&text) {
        match tag.name {
            "packageSources" | "packageSourceCredentials" | "apikeys" => section = if tag.closes { "" } else { tag.name },
            "add" if section == "packageSources" => sources.extend(tag.attribute("key").map(|a| a.0).zip(tag.attribute("value").map(|a| a.0))),
            "add" if section == "packageSourceCredentials" => {
                let (Some((key, ..)), Some((value, line, column))) = (tag.attribute("key"), tag.attribute("value")) else { continue };
                // Spaces in the name of a source are written as _x0020_.
                let named = sources.iter().find(|(name, _)| name.replace(' ', "_x0020_") == source);
                let registry = named.map_or(source, |(_, url)| host(url));
                let client = file.client(source, "nuget", document.place(tag.line, tag.column, tag.line));
                let proof = Node::text_at(value, line, column);
                match key {
                    "ClearTextPassword" | "Password" => {
                        let slot = file.kept(&client, "password", &proof, if key == "Password" { "encoded" } else { "plaintext" });
                        file.opens(&slot, "package-registry", format!("host:{registry}"), registry, "write", document.at(&proof));
                    }
                    "Username" if !value.is_empty() => {
                        let account = Key::new(Kind::Identity, "saas-account", format!("account:{registry}/{value}"));
                        file.facts.mention(&account, value, document.at(&proof));
                        file.facts.relate(&client, &crate::relation::RUNS_AS, &account, document.at(&proof));
                    }
                    _ => {}
                }
            }
            name if section == "packageSourceCredentials" && !tag.closes && !tag.empty => source = name,
            _ => {}
        }
    }
}
