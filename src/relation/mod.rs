//! The twenty-two relations: constants that documentation, traversal and exports derive from (domain specification, 1.3).

use serde::de::{Deserialize, Deserializer, Error};

use crate::model::{Flow, Kind, Relation};

/// *from* was brought into being by the block or commit *to*.
pub static DEFINED_BY: Relation =
    Relation { name: "defined_by", from: &[], to: &[Kind::Origin], flow: Flow::None, meaning: "was brought into being by the block or commit" };
/// *from* was introduced by *to*.
pub static CREATED_BY: Relation = Relation { name: "created_by", from: &[], to: &[Kind::Party], flow: Flow::None, meaning: "was introduced by" };
/// *from* is answered for by *to*.
pub static OWNED_BY: Relation = Relation { name: "owned_by", from: &[], to: &[Kind::Party], flow: Flow::None, meaning: "is answered for by" };
/// *from* is contained in *to*.
pub static PART_OF: Relation = Relation { name: "part_of", from: &[], to: &[], flow: Flow::None, meaning: "is contained in" };
/// *from* has a copy of its value in *to*.
pub static STORED_IN: Relation =
    Relation { name: "stored_in", from: &[Kind::Credential], to: &[Kind::Location], flow: Flow::Backward, meaning: "has a copy of its value in" };
/// *from* is fed from *to*.
pub static SOURCED_FROM: Relation =
    Relation { name: "sourced_from", from: &[Kind::Location], to: &[Kind::Location, Kind::Credential], flow: Flow::Forward, meaning: "is fed from" };
/// *from* reads the slot *to*.
pub static CONSUMES: Relation = Relation {
    name: "consumes",
    from: &[Kind::Consumer, Kind::Agent, Kind::Tool, Kind::Identity],
    to: &[Kind::Location, Kind::Credential],
    flow: Flow::Forward,
    meaning: "reads the slot",
};
/// *from* is given the identity *to*.
pub static RUNS_AS: Relation = Relation {
    name: "runs_as",
    from: &[Kind::Consumer, Kind::Agent, Kind::Tool],
    to: &[Kind::Identity],
    flow: Flow::Forward,
    meaning: "is given the identity",
};
/// *from* lets its holder act as *to*.
pub static AUTHENTICATES_AS: Relation = Relation {
    name: "authenticates_as",
    from: &[Kind::Credential, Kind::Location],
    to: &[Kind::Identity],
    flow: Flow::Forward,
    meaning: "lets its holder act as",
};
/// *from* is vouched for by *to*.
pub static ISSUED_BY: Relation =
    Relation { name: "issued_by", from: &[Kind::Credential, Kind::Identity], to: &[Kind::Issuer], flow: Flow::None, meaning: "is vouched for by" };
/// *from* accepts being assumed through *to*.
pub static TRUSTS: Relation = Relation {
    name: "trusts",
    from: &[Kind::Identity],
    to: &[Kind::Issuer, Kind::Identity, Kind::Party, Kind::Resource],
    flow: Flow::None,
    meaning: "accepts being assumed through",
};
/// *from* has the permissions of *to*.
pub static GRANTED: Relation =
    Relation { name: "granted", from: &[Kind::Identity, Kind::Party], to: &[Kind::Policy], flow: Flow::None, meaning: "has the permissions of" };
/// *from* allows or denies actions on *to*.
pub static PERMITS: Relation = Relation {
    name: "permits",
    from: &[Kind::Policy],
    to: &[Kind::Resource, Kind::Location, Kind::Identity, Kind::Consumer, Kind::Agent],
    flow: Flow::None,
    meaning: "allows or denies actions on",
};
/// *from* hands authority to *to*.
pub static DELEGATES_TO: Relation = Relation {
    name: "delegates_to",
    from: &[Kind::Party, Kind::Agent, Kind::Identity],
    to: &[Kind::Agent, Kind::Identity],
    flow: Flow::Forward,
    meaning: "hands authority to",
};
/// *from* starts or may call *to*.
pub static INVOKES: Relation = Relation {
    name: "invokes",
    from: &[Kind::Consumer, Kind::Agent],
    to: &[Kind::Agent, Kind::Tool, Kind::Consumer],
    flow: Flow::Forward,
    meaning: "starts or may call",
};
/// *from* controls what runs in *to*.
pub static DEPLOYS: Relation = Relation {
    name: "deploys",
    from: &[Kind::Consumer],
    to: &[Kind::Consumer, Kind::Agent, Kind::Resource],
    flow: Flow::Forward,
    meaning: "controls what runs in",
};
/// *from* can start, or feed input to, *to*.
pub static CAN_TRIGGER: Relation =
    Relation { name: "can_trigger", from: &[Kind::Party], to: &[Kind::Consumer, Kind::Agent], flow: Flow::Forward, meaning: "can start, or feed input to," };
/// *from* can change the code or configuration of *to*.
pub static CAN_CONTROL: Relation = Relation {
    name: "can_control",
    from: &[Kind::Party, Kind::Identity, Kind::Consumer],
    to: &[Kind::Consumer, Kind::Agent, Kind::Tool, Kind::Location],
    flow: Flow::Forward,
    meaning: "can change the code or configuration of",
};
/// *from* can act as *to*.
pub static CAN_ASSUME: Relation = Relation {
    name: "can_assume",
    from: &[Kind::Consumer, Kind::Agent, Kind::Tool, Kind::Identity, Kind::Party],
    to: &[Kind::Identity],
    flow: Flow::Forward,
    meaning: "can act as",
};
/// *from* has effective access to *to*.
pub static CAN_ACCESS: Relation = Relation {
    name: "can_access",
    from: &[Kind::Identity, Kind::Tool, Kind::Credential, Kind::Consumer, Kind::Location],
    to: &[Kind::Resource, Kind::Location],
    flow: Flow::Forward,
    meaning: "has effective access to",
};
/// *from* can raise its privileges to *to*.
pub static CAN_ESCALATE_TO: Relation = Relation {
    name: "can_escalate_to",
    from: &[Kind::Identity, Kind::Consumer],
    to: &[Kind::Identity, Kind::Resource],
    flow: Flow::Forward,
    meaning: "can raise its privileges to",
};
/// *from* is the same thing as *to*.
pub static SAME_AS: Relation = Relation { name: "same_as", from: &[], to: &[], flow: Flow::Both, meaning: "is the same thing as" };

/// Every relation, in the order of the specification.
pub static ALL: [&Relation; 22] = [
    &DEFINED_BY,
    &CREATED_BY,
    &OWNED_BY,
    &PART_OF,
    &STORED_IN,
    &SOURCED_FROM,
    &CONSUMES,
    &RUNS_AS,
    &AUTHENTICATES_AS,
    &ISSUED_BY,
    &TRUSTS,
    &GRANTED,
    &PERMITS,
    &DELEGATES_TO,
    &INVOKES,
    &DEPLOYS,
    &CAN_TRIGGER,
    &CAN_CONTROL,
    &CAN_ASSUME,
    &CAN_ACCESS,
    &CAN_ESCALATE_TO,
    &SAME_AS,
];

/// The relation of that name.
pub fn by_name(name: &str) -> Option<&'static Relation> {
    ALL.into_iter().find(|r| r.name == name)
}

impl<'de> Deserialize<'de> for &'static Relation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        by_name(&name).ok_or_else(|| D::Error::custom("no relation has that name"))
    }
}
