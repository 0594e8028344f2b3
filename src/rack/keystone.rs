//! A Keystone as small as can be: one user, tokens by password or application credential, and a catalogue with Ironic in
//! it, and Glance; and that Glance, with the two images of a deployment ramdisk.

use serde_json::{Value, json};

use super::{
    http::{Answer, Asked},
    world::Rack,
};

/// The one token; it never expires.
const TOKEN: &str = "token-of-the-rack";

const ISSUED: &str = "2026-01-01T00:00:00.000000Z";
const EXPIRES: &str = "9999-01-01T00:00:00.000000Z";

/// The ID of the one application credential; its secret is the user's password.
const CREDENTIAL: &str = "credential-of-the-rack";

/// The images in Glance, by name.
const IMAGES: [(&str, &str); 2] = [
    ("ipa.kernel", "11111111-0000-4000-8000-000000000001"),
    ("ipa.initramfs", "11111111-0000-4000-8000-000000000002"),
];

impl Rack {
    pub(super) fn keystone(&self, asked: &Asked, words: &[&str]) -> Answer {
        let Some(login) = &self.file.rack.keystone else { return Answer::bare(404) };
        if asked.method != "POST" || words != ["auth", "tokens"] {
            return Answer::bare(404);
        }
        let identity = &asked.body["auth"]["identity"];
        let user = &identity["password"]["user"];
        let by_password =
            user["name"] == login.user.as_str() && user["password"] == login.password.as_str();
        let credential = &identity["application_credential"];
        if let Some(id) = credential["id"].as_str().filter(|id| *id != CREDENTIAL) {
            return no_credential(id);
        }
        let by_credential =
            credential["id"] == CREDENTIAL && credential["secret"] == login.password.as_str();
        if !by_password && !by_credential {
            return no_token();
        }
        let default = json!({ "id": "default", "name": "Default" });
        let mut token = json!({
            "methods": identity["methods"],
            "user": {
                "id": "1", "name": login.user, "domain": default, "password_expires_at": null,
            },
            "audit_ids": ["rack"],
            "issued_at": ISSUED,
            "expires_at": EXPIRES,
            "roles": [{ "id": "1", "name": "admin" }],
            "catalog": catalogue(&asked.base),
        });
        if asked.body["auth"]["scope"]["system"]["all"] == true {
            token["system"] = json!({ "all": true });
        } else {
            token["project"] = json!({ "id": "1", "name": "admin", "domain": default });
            token["is_domain"] = json!(false);
        }
        Answer::new(201, json!({ "token": token })).header("X-Subject-Token", TOKEN)
    }

    /// Glance, as far as images are found by name.
    pub(super) fn glance(&self, asked: &Asked, words: &[&str]) -> Answer {
        if asked.method != "GET" || words != ["v2", "images"] {
            return Answer::bare(404);
        }
        if !self.knows_token(asked) {
            return no_token();
        }
        let named =
            IMAGES.iter().filter(|(name, _)| asked.key("name").is_none_or(|key| key == *name));
        let images = named.map(|(name, id)| json!({ "id": id, "name": name, "status": "active" }));
        Answer::ok(json!({ "images": images.collect::<Vec<_>>(), "schema": "/v2/schemas/images" }))
    }

    /// Whether Ironic lets the bearer of a token in; without a Keystone, it asks for none.
    pub(super) fn knows_token(&self, asked: &Asked) -> bool {
        self.file.rack.keystone.is_none() || asked.token.as_deref() == Some(TOKEN)
    }
}

/// Ironic in two regions, of which the second is out of reach, and Glance.
fn catalogue(base: &str) -> Value {
    let place = |interface: &str, region: &str, url: &str| {
        json!({
            "id": "1", "interface": interface, "region": region, "region_id": region, "url": url,
        })
    };
    let ironic = [
        place("internal", "RegionOne", &format!("{base}/v1")),
        place("public", "RegionOne", base),
        place("public", "RegionTwo", "http://127.0.0.1:9"),
    ];
    let glance = place("public", "RegionOne", &format!("{base}/glance"));
    json!([
        { "id": "1", "type": "image", "name": "glance", "endpoints": [glance] },
        { "id": "2", "type": "baremetal", "name": "ironic", "endpoints": ironic },
    ])
}

/// Keystone's answer about an application credential that it does not know.
fn no_credential(id: &str) -> Answer {
    let why = format!("Could not find Application Credential: {id}.");
    Answer::new(404, json!({ "error": { "code": 404, "message": why, "title": "Not Found" } }))
}

/// The refusal of Keystone, and of Ironic behind it.
pub(super) fn no_token() -> Answer {
    let why = "The request you have made requires authentication.";
    Answer::new(401, json!({ "error": { "code": 401, "message": why, "title": "Unauthorized" } }))
}
