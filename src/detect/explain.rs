//! What a rule looks for, in words.

/// The text of `nhi explain RULE`; nothing when no rule has that id.
pub fn explain(id: &str) -> Option<String> {
    let rule = super::rules().iter().find(|r| r.id.eq_ignore_ascii_case(id))?;
    let how = if rule.needs_key() {
        "a value of the vendor's format that is assigned to a key which names the vendor"
    } else {
        "the vendor's own format, wherever it stands"
    };
    let check = match rule.check.as_str() {
        "github" => "\nproof       the checksum in the last six characters; a wrong one is not reported",
        "jwt" => "\nproof       header and claims must decode",
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
