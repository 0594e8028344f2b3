//! A Keystone as small as can be: one user, tokens by password, and a catalogue with Ironic in it.

use serde_json::json;

use super::{
    http::{Answer, Asked},
    world::Rack,
};

/// The one token; it never expires.
const TOKEN: &str = "token-of-the-rack";

impl Rack {
    pub(super) fn keystone(&self, asked: &Asked, words: &[&str]) -> Answer {
        let Some(login) = &self.file.rack.keystone else { return Answer::bare(404) };
        if asked.method != "POST" || words != ["auth", "tokens"] {
            return Answer::bare(404);
        }
        let identity = &asked.body["auth"]["identity"];
        let user = &identity["password"]["user"];
        if user["name"] != login.user.as_str() || user["password"] != login.password.as_str() {
            return no_token();
        }
        let endpoint = json!({
            "id": "1", "interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": asked.base,
        });
        let token = json!({
            "methods": identity["methods"],
            "user": { "id": "1", "name": login.user, "domain": { "id": "default", "name": "Default" } },
            "catalog": [{ "id": "1", "type": "baremetal", "name": "ironic", "endpoints": [endpoint] }],
        });
        Answer::new(201, json!({ "token": token })).header("X-Subject-Token", TOKEN)
    }

    /// Whether Ironic lets the bearer of a token in; without a Keystone, it asks for none.
    pub(super) fn knows_token(&self, asked: &Asked) -> bool {
        self.file.rack.keystone.is_none() || asked.token.as_deref() == Some(TOKEN)
    }
}

/// The refusal of Keystone, and of Ironic behind it.
pub(super) fn no_token() -> Answer {
    let why = "The request you have made requires authentication.";
    Answer::new(401, json!({ "error": { "code": 401, "message": why, "title": "Unauthorized" } }))
}
