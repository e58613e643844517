//! The people file: who is who, who has left, and who is in which team.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::ConfigError;
use crate::model::instant;

/// What the file holds. Every key is optional; an unknown key is an error.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    pub people: Vec<Person>,
    pub teams: Vec<Team>,
    /// Domains of mail whose addresses are lists: `lists.acme.io`.
    pub list_domains: Vec<String>,
}

/// One person.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    pub name: String,
    pub emails: Vec<String>,
    /// `gh/alice`, `gl/alice`; without a forge it is GitHub's.
    pub logins: Vec<String>,
    pub status: Status,
    /// The last day, `2026-03-31`.
    pub until: Option<String>,
    /// Whom to ask in their place: an id of a party.
    pub successor: Option<String>,
}

/// One team.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Team {
    /// Id of the party: `team:gh/acme/platform`.
    pub id: String,
    /// Other ids of the same team.
    pub also: Vec<String>,
    /// Addresses or logins of its members.
    pub members: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Active,
    /// Gone for good.
    Left,
}

impl Person {
    /// Every id that the person has: addresses first.
    pub fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.emails.iter().chain(&self.logins).map(|t| person_id(t))
    }

    /// When the person left, seconds since the Unix epoch, as far as the file says: `Some(i64::MIN)` when it gives no day.
    pub fn left(&self) -> Option<i64> {
        // The last day is worked through.
        let day = self.until.as_deref().and_then(instant).map(|t| t + 86_400);
        match self.status {
            Status::Left => Some(day.unwrap_or(i64::MIN)),
            Status::Active => day,
        }
    }
}

/// Id of a person by address or login.
pub fn person_id(text: &str) -> String {
    let text = text.trim().to_lowercase();
    if text.starts_with("person:") {
        return text;
    }
    let text = text.trim_start_matches('@');
    match text.contains(['@', '/']) {
        true => format!("person:{text}"),
        false => format!("person:gh/{text}"),
    }
}

impl People {
    /// Reads a YAML people file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: shown.clone(), source })?;
        People::parse(&text).map_err(|reason| ConfigError::Invalid { path: shown, reason })
    }

    /// Reads the text of one; the error says line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(People::default());
        }
        let people: People = serde_yaml::from_str(text).map_err(|e| e.to_string())?;
        for person in &people.people {
            if person.until.as_deref().is_some_and(|u| instant(u).is_none()) {
                return Err(format!("until: {:?} is not a day like 2026-03-31", person.until.as_deref().unwrap_or_default()));
            }
            if person.emails.is_empty() && person.logins.is_empty() {
                return Err("a person needs emails or logins to be known by".to_owned());
            }
        }
        Ok(people)
    }

    /// Reads a table of those who have left: in each line addresses or logins, and perhaps their last day, separated by commas.
    pub fn read_departed(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: shown, source })?;
        Ok(People::parse_departed(&text))
    }

    fn parse_departed(text: &str) -> Self {
        let mut people = Vec::new();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let cells: Vec<&str> = line.split([',', ';', '\t']).map(|c| c.trim().trim_matches('"')).filter(|c| !c.is_empty()).collect();
            // A first line of titles names nobody.
            if cells.iter().any(|c| ["email", "e-mail", "mail", "login", "user", "username", "date"].contains(&c.to_lowercase().as_str())) {
                continue;
            }
            let mut person = Person { status: Status::Left, ..Person::default() };
            for cell in cells {
                match cell {
                    _ if instant(cell).is_some() => person.until = Some(cell.to_owned()),
                    _ if cell.trim_start_matches('@').contains('@') => person.emails.push(cell.to_owned()),
                    // Full names say nothing that could be relied on.
                    _ if cell.contains(' ') => person.name = cell.to_owned(),
                    _ => person.logins.push(cell.to_owned()),
                }
            }
            people.push(person);
        }
        People { people, ..People::default() }
    }

    /// Takes in what another file says; of two entries for one person both count.
    pub fn extend(&mut self, other: People) {
        self.people.extend(other.people);
        self.teams.extend(other.teams);
        self.list_domains.extend(other.list_domains);
    }

    /// Members of each team, by every id that the team has.
    pub fn members(&self) -> BTreeMap<String, Vec<String>> {
        let of = |t: &Team| t.members.iter().map(|m| person_id(m)).collect::<Vec<_>>();
        self.teams.iter().flat_map(|t| std::iter::once(&t.id).chain(&t.also).map(move |id| (id.to_lowercase(), of(t)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_who_is_who_and_who_has_left() {
        let people = People::parse(
            "people:\n  - name: Alice Example\n    emails: [Alice@example.org]\n    logins: [alice, gl/alice.e]\n    until: 2026-03-31\n  - emails: [bob@example.org]\n    status: left\nteams:\n  - id: team:gh/acme/platform\n    also: [team:name/platform]\n    members: [alice]\n",
        )
        .expect("valid");
        assert_eq!(people.people[0].ids().collect::<Vec<_>>(), ["person:alice@example.org", "person:gh/alice", "person:gl/alice.e"]);
        assert_eq!(people.people[0].left(), instant("2026-04-01"));
        assert_eq!(people.people[1].left(), Some(i64::MIN));
        assert_eq!(people.members()["team:name/platform"], ["person:gh/alice"]);
    }

    #[test]
    fn slips_are_errors_and_tables_are_read() {
        assert!(People::parse("people:\n  - email: [x@example.org]\n").is_err_and(|e| e.contains("line 2")));
        assert!(People::parse("people:\n  - emails: [x@example.org]\n    until: soon\n").is_err_and(|e| e.contains("until")));
        assert!(People::parse("people:\n  - name: nobody\n").is_err());
        let gone = People::parse_departed("email,login,date\nAlice@example.org, alice, 2026-01-31\n# why\n@bob\n\"Carol Example\",carol@example.org\n");
        let ids: Vec<Vec<String>> = gone.people.iter().map(|p| p.ids().collect()).collect();
        assert_eq!(ids, [vec!["person:alice@example.org", "person:gh/alice"], vec!["person:gh/bob"], vec!["person:carol@example.org"]]);
        assert_eq!(gone.people[0].left(), instant("2026-02-01"));
    }
}
