//! Words of which keys are made: which of them say that a value is secret, and of which kind it then is.

/// Words that, behind the word that makes a key secret, make it the name of something else.
pub(super) const STOP: &[&str] = &[
    "path",
    "file",
    "filename",
    "dir",
    "directory",
    "url",
    "uri",
    "endpoint",
    "name",
    "names",
    "ttl",
    "expiry",
    "expires",
    "expire",
    "expiration",
    "expired",
    "lifetime",
    "timeout",
    "length",
    "len",
    "size",
    "min",
    "max",
    "count",
    "limit",
    "type",
    "types",
    "format",
    "regex",
    "pattern",
    "policy",
    "field",
    "label",
    "title",
    "hint",
    "placeholder",
    "prompt",
    "message",
    "msg",
    "error",
    "errors",
    "help",
    "description",
    "desc",
    "public",
    "csrf",
    "xsrf",
    "reset",
    "change",
    "changed",
    "forgot",
    "enabled",
    "disabled",
    "enable",
    "required",
    "env",
    "var",
    "variable",
    "header",
    "prefix",
    "suffix",
    "column",
    "param",
    "parameter",
    "arn",
    "ref",
    "selector",
    "hash",
    "hashed",
    "digest",
    "checksum",
    "sha",
    "sha1",
    "sha256",
    "md5",
    "salt",
    "encoder",
    "encoding",
    "algorithm",
    "algo",
    "provider",
    "service",
    "manager",
    "store",
    "generator",
    "validator",
    "validation",
    "strength",
    "version",
    "index",
    "scope",
    "scopes",
    "issuer",
    "audience",
    "class",
    "style",
    "icon",
    "route",
    "page",
    "view",
    "form",
    "input",
    "event",
    "action",
    "handler",
    "callback",
    "listener",
    "location",
    "id",
    "ids",
    "mode",
    "method",
    "source",
    "status",
    "state",
    "list",
    "map",
    "set",
    "count",
    "usage",
    "kind",
    "manager",
    "server",
    "host",
    "port",
    "region",
    "bucket",
    "realm",
    "domain",
    "delimiter",
    "separator",
    "pair",
    "alias",
    "code",
    "mapping",
    "maps",
    "keyword",
    "press",
    "down",
    "up",
    "board",
    "frame",
    "board",
    "press",
    "binding",
    "point",
    "exchange",
    "usages",
    "size",
    "rotation",
    "check",
    "tokenizer",
    "template",
    "example",
    "ring",
    "words",
    "word",
    "stroke",
    "fingerprint",
    "thumbprint",
    "signature",
    "cache",
    "storage",
    "user",
    "username",
    "email",
    "account",
    "group",
    "role",
    "date",
    "time",
    "timestamp",
    "at",
    "interval",
    "retries",
    "attempts",
    "used",
    "valid",
    "invalid",
    "missing",
    "incorrect",
    "mismatch",
    "wrong",
    "failed",
    "success",
    "request",
    "response",
    "object",
    "model",
    "schema",
    "table",
    "data",
    "info",
    "config",
    "settings",
    "options",
    "opts",
    "args",
    "line",
    "range",
    "start",
    "end",
    "offset",
    "position",
    "char",
    "chars",
    "bytes",
    "encryption",
    "mtime",
    "sdk",
    "scheme",
    "stdin",
    "through",
    "uuid",
    "guid",
    "strategy",
];

/// Words in front of the secret word that make the whole something else: `primary_key`, `csrf_token`.
pub(super) const HARMLESS_BEFORE: &[&str] = &[
    "primary",
    "foreign",
    "public",
    "partition",
    "sort",
    "unique",
    "csrf",
    "xsrf",
    "next",
    "continuation",
    "page",
    "pagination",
    "cache",
    "hot",
    "shortcut",
    "i18n",
    "translation",
    "object",
    "s3",
    "map",
    "dict",
    "json",
    "lookup",
    "sync",
    "idempotency",
    "composite",
    "candidate",
    "natural",
    "surrogate",
    "row",
    "cancellation",
    "syntax",
    "lexer",
    "parser",
    "group",
    "config",
    "registry",
    "tag",
    "sorted",
    "hash",
    "host",
    "known",
    "author",
    "author's",
];

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Class {
    Password,
    Secret,
    Token,
    Key,
    Auth,
}

/// What a secret of a class is: the first row of which a word is in the key; a row without words fits any.
const KINDS: &[(Class, &[&str], &str)] = &[
    (Class::Password, &[], "password"),
    (Class::Token, &[], "bearer-token"),
    (Class::Auth, &[], "basic-auth"),
    (Class::Key, &["encryption", "aes", "crypt"], "encryption-key"),
    (Class::Key, &["signing", "hmac"], "signing-key"),
    (Class::Secret, &["client", "oauth"], "oauth-client-secret"),
    (Class::Secret, &["webhook"], "webhook-secret"),
    (Class::Secret, &[], "api-key"),
    (Class::Key, &[], "api-key"),
];

/// The credential type of what a key of this class holds.
pub(super) fn credential(class: Class, words: &[String]) -> &'static str {
    let fits = |of: &[&str]| of.is_empty() || words.iter().any(|w| of.contains(&w.as_str()));
    KINDS.iter().find(|(c, of, _)| *c == class && fits(of)).map_or("api-key", |(.., kind)| kind)
}

/// Whether some key holds a credential of this type.
pub(super) fn is_kind(credential: &str) -> bool {
    KINDS.iter().any(|(.., kind)| *kind == credential)
}

/// The class of a key, and which of its words says so.
pub(super) fn class_of(words: &[String]) -> Option<(Class, usize)> {
    // `GIT_ASKPASS` and `askPass` name a program.
    if words.windows(2).any(|w| w[0] == "ask" && w[1] == "pass") {
        return None;
    }
    let mut found = None;
    for (i, word) in words.iter().enumerate() {
        let class = match word.as_str() {
            "password" | "passwd" | "paswd" | "psswd" | "pasword" | "pssword" | "passphrase" | "pwd" | "pass" | "passcode" | "psw" | "passwords"
            | "userpassword" | "dbpassword" | "pw" | "pswd" | "psword" | "pswrd" | "mypassword" | "rootpassword" | "adminpassword" | "requirepass"
            | "masterauth" | "bindpw" | "rootpw" | "psk" => Class::Password,
            "secret" | "secrets" | "clientsecret" | "appsecret" | "secretkey" | "sharedsecret" => Class::Secret,
            "token" | "tokens" | "bearer" | "accesstoken" | "authtoken" | "apitoken" | "jwt" => Class::Token,
            "apikey" | "accesskey" | "privatekey" | "authkey" | "encryptionkey" | "signingkey" | "masterkey" | "licensekey" => Class::Key,
            "key" => Class::Key,
            "auth" | "authorization" | "credential" | "credentials" | "cred" | "creds" => Class::Auth,
            w if w.ends_with("password") || w.ends_with("passwd") || w.ends_with("pwd") => Class::Password,
            w if w.ends_with("secret") => Class::Secret,
            w if w.ends_with("token") => Class::Token,
            w if w.ends_with("apikey") => Class::Key,
            _ => continue,
        };
        // A bare `key` counts only with a word in front that says what for.
        if word == "key"
            && !i.checked_sub(1).is_some_and(|j| {
                matches!(
                    words[j].as_str(),
                    "api"
                        | "access"
                        | "secret"
                        | "private"
                        | "auth"
                        | "encryption"
                        | "signing"
                        | "master"
                        | "license"
                        | "app"
                        | "application"
                        | "consumer"
                        | "subscription"
                        | "validation"
                        | "client"
                        | "account"
                        | "service"
                        | "storage"
                        | "shared"
                        | "crypt"
                        | "aes"
                        | "hmac"
                        | "jwt"
                        | "session"
                        | "admin"
                        | "write"
                        | "ssh"
                        | "server"
                        | "deploy"
                        | "token"
                        | "crypto"
                        | "cipher"
                        | "user"
                )
            })
        {
            continue;
        }
        found = Some((class, i));
    }
    found
}
