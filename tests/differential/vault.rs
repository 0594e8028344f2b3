//! What `ansible-vault` encrypts, then perhaps harmed, opens or does not open in both.

use camino::Utf8Path;
use proptest::prelude::*;
use serde_json::{Value, json};
use ymir::{ansible::vault, origin::Origin};

use crate::{
    compare,
    grammar::one_of,
    oracle::Outcome,
    site,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "vault", cases: 150, seed: None, strategy, question, ours };

/// What is done to the encrypted text: `old` becomes `new`, once.
const HARM: &[&str] = &[
    "=>",
    "=>",
    "=>",
    "\n=>\n\n",
    "\n=>\r\n",
    "AES256=>AES",
    "3=>4",
    "6=>a",
    "3=>",
    "33=>3g",
    "\n3=>\n",
    "$ANSIBLE=>$ANSI",
    "3=>A",
    "a=>A",
    "\n=>",
    "AES256\n=>AES256 \n",
    "0a=>20",
    "30=>31",
    "35=>36",
];

fn strategy() -> BoxedStrategy<Case> {
    let password = prop_oneof![Just("sesame".to_owned()), "[ -~]{1,12}", "\\PC{1,8}"];
    let text = prop_oneof!["[a-z: \n]{0,40}", "\\PC{0,40}", "(?s).{0,80}", "a{15,17}"];
    let label = one_of(&["", "", "prod", "a b", "default"]);
    let opened_with = prop_oneof![6 => Just(None), 1 => "[a-z]{1,8}".prop_map(Some)];
    (text, password, label, one_of(HARM), opened_with)
        .prop_map(|(text, password, label, harm, opened_with)| {
            let opened_with = opened_with.unwrap_or_else(|| password.clone());
            let pairs = [("text", text), ("password", password), ("label", label), ("harm", harm)];
            let pairs = pairs.into_iter().chain([("opened_with", opened_with)]);
            pairs.map(|(name, text)| (name.to_owned(), text)).collect()
        })
        .boxed()
}

fn question(case: &Case, _dir: &Utf8Path) -> Value {
    let (old, new) = case["harm"].split_once("=>").unwrap();
    json!({
        "text": case["text"], "password": case["password"], "label": case["label"], "old": old, "new": new,
        "opened_with": case["opened_with"],
    })
}

fn ours(case: &Case, _dir: &Utf8Path, theirs: &Outcome) -> Outcome {
    let encrypted = theirs.as_ref()?["encrypted"].as_str().unwrap();
    let keys = site::keys(&case["opened_with"]);
    let opened = vault::open(encrypted, &keys, &Origin::whole("case"));
    let opened = opened.map(Value::from).map_err(|trouble| trouble.to_string());
    Ok(json!({ "encrypted": encrypted, "opened": compare::as_value(&opened) }))
}
