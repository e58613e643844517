//! Passwords that are guessed without a leak: words that products ship with, and names of what they protect.

/// What products and tutorials ship with.
const DEFAULTS: &[&str] = &[
    "admin",
    "admin123",
    "administrator",
    "changeit",
    "changeme",
    "change_me",
    "change-me",
    "default",
    "example",
    "guest",
    "letmein",
    "minio",
    "minioadmin",
    "minio123",
    "mysql",
    "pass",
    "passw0rd",
    "password",
    "password1",
    "password123",
    "postgres",
    "qwerty",
    "rabbitmq",
    "redis",
    "root",
    "rootpassword",
    "secret",
    "supersecret",
    "test",
    "test123",
    "toor",
    "user",
    "welcome",
    "welcome1",
    "123456",
    "12345678",
    "123456789",
    "1234",
    "12345",
];

/// Whether a value that is in effect is one of those, or what its user, database or service is called.
pub(in crate::extract) fn is_guessable(value: &str, names: &[&str]) -> bool {
    let value = value.trim().to_ascii_lowercase();
    !value.is_empty() && (DEFAULTS.contains(&value.as_str()) || names.iter().any(|n| n.len() > 2 && n.eq_ignore_ascii_case(&value)))
}

/// Whether a variable is the password itself, and not where it is or whether one is needed.
pub(in crate::extract) fn is_password_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["PASSWORD", "PASSWD", "PWD", "PASS"].iter().any(|w| upper.split(['_', '-', '.']).next_back().is_some_and(|last| last.ends_with(w)))
        && !["ALLOW", "EMPTY", "BYPASS", "OLDPWD"].iter().any(|w| upper.contains(w))
        && upper != "PWD"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_names_are_guessed_and_references_are_not() {
        assert!(is_guessable("postgres", &[]) && is_guessable("ChangeMe", &[]) && is_guessable("shop", &["shop"]));
        assert!(!is_guessable("${DB_PASSWORD}", &["db"]) && !is_guessable("", &[]) && !is_guessable("Zq8dk2", &["shop"]));
        for name in ["POSTGRES_PASSWORD", "DB_PASS", "rabbitmq.password", "DBPASSWORD"] {
            assert!(is_password_name(name), "{name}");
        }
        for name in ["POSTGRES_PASSWORD_FILE", "ALLOW_EMPTY_PASSWORD", "PWD", "PASSWORD_POLICY", "COMPASS_URL"] {
            assert!(!is_password_name(name), "{name}");
        }
    }
}
