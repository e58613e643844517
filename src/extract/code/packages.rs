//! Manifests of packages: the units that files of code belong to, and the libraries that read credentials by themselves.

use crate::document::{Document, Node, Syntax};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::CONSUMES;

/// Names of manifests.
const MANIFESTS: &[&str] = &[
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Gemfile",
    "composer.json",
    "setup.py",
    "mix.exs",
];

/// A library, and the variable that it reads when the code hands it nothing.
const LIBRARIES: &[(&str, &str)] = &[
    ("openai", "OPENAI_API_KEY"),
    ("langchain-openai", "OPENAI_API_KEY"),
    ("@langchain/openai", "OPENAI_API_KEY"),
    ("@ai-sdk/openai", "OPENAI_API_KEY"),
    ("anthropic", "ANTHROPIC_API_KEY"),
    ("@anthropic-ai/sdk", "ANTHROPIC_API_KEY"),
    ("@ai-sdk/anthropic", "ANTHROPIC_API_KEY"),
    ("langchain-anthropic", "ANTHROPIC_API_KEY"),
    ("crewai", "OPENAI_API_KEY"),
    ("google-generativeai", "GOOGLE_API_KEY"),
    ("@google/generative-ai", "GOOGLE_API_KEY"),
    ("groq", "GROQ_API_KEY"),
    ("mistralai", "MISTRAL_API_KEY"),
    ("cohere", "COHERE_API_KEY"),
    ("tavily-python", "TAVILY_API_KEY"),
    ("pinecone", "PINECONE_API_KEY"),
    ("@prisma/client", "DATABASE_URL"),
];

pub(super) fn wants(path: &str, _head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    MANIFESTS.contains(&name) || name.ends_with(".csproj") || (name.starts_with("requirements") && name.ends_with(".txt"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let key = Key::new(Kind::Consumer, "code-unit", format!("code:{}//{}", document.repository_body(), document.folder()));
    let folder =
        document.folder().rsplit('/').next().filter(|f| !f.is_empty()).unwrap_or_else(|| document.repository_body().rsplit('/').next().unwrap_or("root"));
    let tree = match document.syntax() {
        Syntax::Json | Syntax::Toml => match document.trees() {
            Ok(trees) => trees.first(),
            Err(reason) => return note(document, facts, reason),
        },
        _ => None,
    };
    let named = tree.and_then(|t| [&["name"][..], &["project", "name"], &["package", "name"], &["tool", "poetry", "name"]].iter().find_map(|p| t.path(p)));
    let module = || (document.name() == "go.mod").then(|| text.lines().find_map(|l| l.strip_prefix("module "))).flatten();
    let name = named.and_then(Node::str).or_else(module).unwrap_or(folder).to_owned();
    let at = named.map_or_else(|| document.at_line(1), |n| document.at(n));
    let node = facts.declare(&key, name, at).attr("platform", "code").attr("package", true);
    let images: Vec<String> = image(document.name(), &text).into_iter().map(|i| format!("{i} {}", document.folder())).collect();
    if !images.is_empty() {
        node.attr("builds", images);
    }
    // Libraries are named in quotes, or begin a line.
    for (number, line) in text.lines().enumerate().take(2000) {
        let trimmed = line.trim_start();
        let begins = trimmed.strip_prefix(['"', '\'']).unwrap_or(trimmed);
        for (library, variable) in LIBRARIES {
            let ended =
                begins.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with(['"', '\'', '=', '>', '<', '~', '[', ' ', '^', '!', ';']));
            if ended {
                let at = document.at_line(number as u32 + 1);
                let slot = Key::new(Kind::Location, "env", format!("env:{}#{variable}", key.id));
                facts.mention(&slot, *variable, at.clone()).attr("store", "env");
                facts.relate(&key, &CONSUMES, &slot, at).basis(Basis::Convention);
            }
        }
    }
}

/// The image that a build of Java makes of its module: by Jib, or by Spring's own plugin.
fn image(manifest: &str, text: &str) -> Option<String> {
    let quoted = |rest: &str| {
        let quote = rest.trim_start().trim_start_matches('=').trim_start().trim_start_matches(".set(");
        let mark = quote.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        quote[1..].split(mark).next().map(str::to_owned)
    };
    let found = match manifest {
        "pom.xml" => {
            let behind = |plugin: &str, parent: &str, name: &str| {
                let block = text.split_once(plugin)?.1.split("</plugin>").next()?;
                let (_, inside) = block.split_once(parent)?.1.split_once(name)?;
                inside.split("</").next().map(|i| i.trim().to_owned())
            };
            behind("jib-maven-plugin", "<to>", "<image>").or_else(|| behind("spring-boot-maven-plugin", "<image>", "<name>"))
        }
        "build.gradle" | "build.gradle.kts" => {
            let jib = || {
                let to = text.split_once("jib {").or_else(|| text.split_once("jib{"))?.1;
                let to = to.split_once("to {").or_else(|| to.split_once("to{"))?.1;
                quoted(to.split_once("image")?.1)
            };
            let boot = || quoted(text.split_once("bootBuildImage")?.1.split_once("imageName")?.1);
            jib().or_else(boot)
        }
        _ => None,
    };
    found.filter(|i| i.contains('/') && i.len() <= 300 && !i.contains(['$', '{', ' ', '\n', '<']))
}

#[cfg(test)]
mod tests {
    use super::image;

    #[test]
    fn a_build_of_java_names_the_image_that_it_makes() {
        let jib = "<artifactId>jib-maven-plugin</artifactId><configuration><from><image>base</image></from><to><image>acme/shop</image></to></configuration></plugin>";
        assert_eq!(image("pom.xml", jib).as_deref(), Some("acme/shop"));
        let boot = "<artifactId>spring-boot-maven-plugin</artifactId><configuration><image><name>acme/shop:1</name></image></configuration></plugin>";
        assert_eq!(image("pom.xml", boot).as_deref(), Some("acme/shop:1"));
        assert_eq!(image("build.gradle", "jib {\n  to {\n    image = 'acme/shop:dev'\n  }\n}").as_deref(), Some("acme/shop:dev"));
        assert_eq!(image("build.gradle.kts", "tasks.bootBuildImage { imageName.set(\"acme/shop\") }").as_deref(), Some("acme/shop"));
        assert_eq!(image("pom.xml", "<artifactId>x</artifactId>"), None);
    }
}
