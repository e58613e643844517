//! Images that a job pushes to a registry: what runs them elsewhere is deployed by the job.

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
pub(super) fn of_action(name: &str, step: &Node) -> Vec<String> {
    let input = |n: &str| step.path(&["with", n]).and_then(Node::scalar);
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

#[cfg(test)]
mod tests {
    use super::of_script;

    #[test]
    fn the_name_of_an_image_is_told_without_its_tag() {
        assert_eq!(of_script("docker push ghcr.io/acme/web:$TAG\ndocker push $IMAGE\ndocker push web"), ["ghcr.io/acme/web"]);
        assert_eq!(of_script("docker buildx build --push -t acme/web:1 ."), ["acme/web:1"]);
        assert!(of_script("docker buildx build -t acme/web:1 .").is_empty());
    }
}
