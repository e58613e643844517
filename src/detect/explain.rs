//! What a rule looks for, in words.

/// The text of `nhi explain RULE`; nothing when no rule has that id.
pub fn explain(id: &str) -> Option<String> {
    let rule = super::engine().rules().iter().find(|r| r.id.eq_ignore_ascii_case(id))?;
    let how = if rule.needs_key() {
        "a value of the vendor's format that is assigned to a key which names the vendor"
    } else {
        "the vendor's own format, wherever it stands"
    };
    let check = match &*rule.check {
        "github" => "\nproof       the checksum in the last six characters; a wrong one is not reported",
        "jwt" => "\nproof       header and claims must decode",
        "crc32-hex" => "\nproof       the checksum in the last eight characters",
        "crypt" => "\nproof       the function of crypt(5) or htpasswd that made the hash",
        "grafana" => "\nproof       the checksum in the last eight characters, its lowest byte first",
        "gitlab" => "\nproof       the checksum in the last seven characters, where it has one; its payload says whose it is",
        "json" => "\nproof       its payload decodes, and says whose it is",
        "login" => "\nproof       it decodes to a user and a password",
        "slack" => "\nproof       the numbers of a workspace and of a user",
        "uuid4" => "\nproof       a UUID must be one drawn at random",
        _ => "",
    };
    Some(format!(
        "{}\n\nname        {}\nprovider    {}\ncredential  {}\nlooks for   {how}\nkeywords    {}{check}\nfinds       {}\nnot         {}\n",
        rule.id,
        rule.name,
        rule.provider,
        rule.credential,
        rule.keywords.join(", "),
        rule.matches.join(" · "),
        rule.ignores.join(" · "),
    ))
}
