//! Images that a job builds and pushes to a registry: what runs them elsewhere is deployed by the job, and runs the code that they are built from.

use crate::document::Node;
use crate::extract::commands::{calls, commands, words};
use crate::model::{Key, Kind};

/// Images of one job that are told.
const MAX_IMAGES: usize = 50;

/// Image as it is written up to the first expression: what that fills in is the tag, or the name is not known.
fn plain(image: &str) -> Option<String> {
    let name = match image.find(['$', '{']) {
        Some(at) => image[..at].strip_suffix([':', '@'])?,
        None => image,
    };
    // A name without an owner or a registry is that of any repository.
    (name.contains('/') && name.len() <= 300 && !name.starts_with(['-', '/', '.']) && !name.contains(char::is_whitespace)).then(|| name.to_owned())
}

/// The repository of images that a variable of a pipeline names, by the words of its own name: `ECR_REPOSITORY`.
pub(super) fn repository(body: &str, name: &str, value: &str) -> Option<Key> {
    let upper = name.to_ascii_uppercase();
    let named = upper.contains("ECR") && upper.contains("REPO");
    let plain = !value.is_empty() && value.len() <= 200 && !value.contains(['$', '{', ':', ' ', '.']);
    (named && plain).then(|| Key::new(Kind::Resource, "container-registry", format!("ecr:{{{body}}}/{value}")))
}

/// Images that an action pushes.
pub(super) fn of_action(name: &str, step: &Node, fill: &dyn Fn(&str) -> String) -> Vec<String> {
    let input = |n: &str| step.path(&["with", n]).and_then(Node::scalar).map(|v| fill(&v));
    let pushes = name.eq_ignore_ascii_case("docker/build-push-action") && input("push").is_some_and(|p| p != "false")
        || name.eq_ignore_ascii_case("docker/bake-action") && input("push").is_some_and(|p| p != "false");
    if !pushes {
        return Vec::new();
    }
    input("tags").unwrap_or_default().split([',', '\n']).filter_map(|t| plain(t.trim())).take(MAX_IMAGES).collect()
}

/// Images that a script pushes.
pub(in crate::extract) fn of_script(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (_, command) in commands(text).into_iter().filter(|(_, c)| c.contains("push")) {
        for head in ["docker push", "podman push", "buildah push", "crane push", "docker image push"] {
            out.extend(calls(&command, head).map(words).filter_map(|w| plain(w.iter().rfind(|w| !w.starts_with('-'))?)));
        }
        for head in ["docker buildx build", "docker build"] {
            for words in calls(&command, head).map(words).filter(|w| w.iter().any(|f| f == "--push")) {
                let tags = words.iter().enumerate().filter(|(_, w)| matches!(w.as_str(), "-t" | "--tag")).filter_map(|(i, _)| words.get(i + 1));
                out.extend(tags.filter_map(|t| plain(t)));
            }
        }
    }
    out.truncate(MAX_IMAGES);
    out
}

/// Images that an action builds, each with the folder that it is built from: `acme/web services/web`.
pub(super) fn built_by_action(name: &str, step: &Node, fill: &dyn Fn(&str) -> String) -> Vec<String> {
    if !name.eq_ignore_ascii_case("docker/build-push-action") {
        return Vec::new();
    }
    let input = |n: &str| step.path(&["with", n]).and_then(Node::scalar).map(|v| fill(&v));
    let Some(folder) = source(input("context").as_deref().unwrap_or("."), input("file").as_deref()) else { return Vec::new() };
    let tags = input("tags").unwrap_or_default();
    tags.split([',', '\n']).filter_map(|t| plain(t.trim())).take(MAX_IMAGES).map(|image| format!("{image} {folder}")).collect()
}

/// The same of a script.
pub(in crate::extract) fn built_by_script(text: &str, fill: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut out = Vec::new();
    for (_, command) in commands(text).into_iter().filter(|(_, c)| c.contains("build")) {
        for head in ["docker buildx build", "docker build", "podman build", "buildah bud"] {
            for words in calls(&command, head).map(|rest| words(&fill(rest))) {
                let value = |names: &[&str]| -> Vec<&String> {
                    words.iter().enumerate().filter(|(_, w)| names.contains(&w.as_str())).filter_map(|(i, _)| words.get(i + 1)).collect()
                };
                let Some(context) = words.last().filter(|w| !w.starts_with('-')) else { continue };
                let Some(folder) = source(context, value(&["-f", "--file"]).first().map(|f| f.as_str())) else { continue };
                out.extend(value(&["-t", "--tag"]).into_iter().filter_map(|t| plain(t)).map(|image| format!("{image} {folder}")));
            }
        }
    }
    out.truncate(MAX_IMAGES);
    out
}

/// The folder that an image is built from: where its file stands, if that is not at the root, else its context.
fn source(context: &str, file: Option<&str>) -> Option<String> {
    let own = file.map(|f| f.trim_start_matches("./")).and_then(|f| f.rsplit_once('/')).map(|(folder, _)| folder);
    let folder = own.unwrap_or(context).trim_start_matches("./").trim_matches('/');
    let folder = if folder == "." { "" } else { folder };
    (!folder.contains(['$', '{', ' ', ':', '*']) && !folder.starts_with("..")).then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{built_by_script, of_script};

    #[test]
    fn an_image_is_built_from_the_folder_of_its_file_or_from_its_context() {
        let built = |text: &str| built_by_script(text, &str::to_owned);
        assert_eq!(built("docker build -t acme/web:1 ."), ["acme/web:1 "]);
        assert_eq!(built("docker build --tag acme/web:$V -f services/web/Dockerfile ."), ["acme/web services/web"]);
        assert_eq!(built("docker buildx build --push -t acme/web:1 ./web"), ["acme/web:1 web"]);
        assert!(built("docker build -t web .\ndocker build -t acme/web $DIR").is_empty());
    }

    #[test]
    fn the_name_of_an_image_is_told_without_its_tag() {
        assert_eq!(of_script("docker push ghcr.io/acme/web:$TAG\ndocker push $IMAGE\ndocker push web"), ["ghcr.io/acme/web"]);
        assert_eq!(of_script("docker buildx build --push -t acme/web:1 ."), ["acme/web:1"]);
        assert!(of_script("docker buildx build -t acme/web:1 .").is_empty());
    }
}
