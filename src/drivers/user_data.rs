//! cloud-init user data: the site's own together with the host's SSH host key.

use serde_yaml::{Mapping, Value};

use super::config_drive::HostKey;
use crate::trouble::{Result, Tell, Trouble};

const HEADER: &str = "#cloud-config";

/// Parts the MIME message; it must not occur in either part.
const BOUNDARY: &str = "==ymir-user-data==";

/// How cloud-init is to merge the parts of a MIME message: as [`merge`] does.
const MERGE_TYPE: &str = "list(append)+dict(no_replace,recurse_list)+str()";

/// The site's user data with the host key merged in. What is cloud-config stays cloud-config, word by word where
/// nothing in it clashes with the host key; anything else (a script, a MIME message) becomes a part beside it.
pub fn merged(site: &str, key: &HostKey) -> Result<String> {
    let ours = host_key_config(key);
    if is_foreign(site) {
        return Ok(mime(site, &text(&ours)?));
    }
    let body = site.strip_prefix(HEADER).unwrap_or(site);
    let theirs: Value = serde_yaml::from_str(body).or_refused(|| "reading the user data".into())?;
    let theirs = match theirs {
        Value::Null => return Ok(format!("{HEADER}\n{}", text(&ours)?)),
        Value::Mapping(theirs) => theirs,
        _ => {
            return Err(Trouble::refused("reading the user data")
                .because("it is neither a mapping (cloud-config) nor a script"));
        }
    };
    let wanted = merge(theirs, ours.clone());
    let joined = format!("{}\n{}", body.trim_end(), text(&ours)?);
    let same = serde_yaml::from_str::<Value>(&joined)
        .is_ok_and(|read| read == Value::Mapping(wanted.clone()));
    let body = if same { joined } else { text(&wanted)? };
    Ok(format!("{HEADER}\n{}", body.trim_start_matches('\n')))
}

/// cloud-init serves this host key and no other.
fn host_key_config(key: &HostKey) -> Mapping {
    let string = |text: &str| Value::String(text.to_owned());
    let keys = [("ed25519_private", key.private.reveal()), ("ed25519_public", &key.public)];
    let keys = keys.into_iter().map(|(name, value)| (string(name), string(value)));
    [
        (string("ssh_deletekeys"), Value::Bool(true)),
        (string("ssh_genkeytypes"), Value::Sequence(vec![string("ed25519")])),
        (string("ssh_keys"), Value::Mapping(keys.collect())),
    ]
    .into_iter()
    .collect()
}

/// Mappings are merged, lists appended; of two other values ours wins.
fn merge(mut theirs: Mapping, ours: Mapping) -> Mapping {
    for (name, our) in ours {
        let merged = match (theirs.remove(&name), our) {
            (Some(Value::Mapping(their)), Value::Mapping(our)) => Value::Mapping(merge(their, our)),
            (Some(Value::Sequence(mut their)), Value::Sequence(our)) => {
                let new: Vec<_> = our.into_iter().filter(|item| !their.contains(item)).collect();
                their.extend(new);
                Value::Sequence(their)
            }
            (_, our) => our,
        };
        theirs.insert(name, merged);
    }
    theirs
}

/// Scripts and the other kinds that cloud-init tells by their first line.
fn is_foreign(site: &str) -> bool {
    let first = site.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let kinds = [
        "#!",
        "#include",
        "#cloud-boothook",
        "#part-handler",
        "#cloud-config-archive",
        "## template:",
    ];
    kinds.iter().any(|kind| first.starts_with(kind))
        || first.to_ascii_lowercase().starts_with("content-type:")
        || first.to_ascii_lowercase().starts_with("mime-version:")
}

fn mime(site: &str, ours: &str) -> String {
    let site = site.trim_start();
    let lower = site.to_ascii_lowercase();
    let is_message = lower.starts_with("content-type:") || lower.starts_with("mime-version:");
    let first = if is_message {
        site.to_owned()
    } else {
        format!("Content-Type: text/plain; charset=\"utf-8\"\n\n{site}")
    };
    format!(
        "Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\nMIME-Version: 1.0\n\n--{BOUNDARY}\n{first}\n\
         --{BOUNDARY}\nContent-Type: text/cloud-config; charset=\"utf-8\"\nX-Merge-Type: {MERGE_TYPE}\n\n\
         {HEADER}\n{ours}\n--{BOUNDARY}--\n"
    )
}

fn text(config: &Mapping) -> Result<String> {
    serde_yaml::to_string(config).or_internal(|| "writing cloud-config".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn key() -> HostKey {
        HostKey { public: "ssh-ed25519 AAAA".into(), private: Secret::new("PRIVATE\nKEY\n") }
    }

    #[test]
    fn without_the_sites_own() {
        insta::assert_snapshot!(merged("", &key()).unwrap(), @"
        #cloud-config
        ssh_deletekeys: true
        ssh_genkeytypes:
        - ed25519
        ssh_keys:
          ed25519_private: |
            PRIVATE
            KEY
          ed25519_public: ssh-ed25519 AAAA
        ");
    }

    #[test]
    fn cloud_config_is_kept_word_by_word() {
        let site =
            "#cloud-config\n# why\nssh_pwauth: no\nwrite_files:\n- {path: /a, permissions: 0644}\n";
        insta::assert_snapshot!(merged(site, &key()).unwrap(), @"
        #cloud-config
        # why
        ssh_pwauth: no
        write_files:
        - {path: /a, permissions: 0644}
        ssh_deletekeys: true
        ssh_genkeytypes:
        - ed25519
        ssh_keys:
          ed25519_private: |
            PRIVATE
            KEY
          ed25519_public: ssh-ed25519 AAAA
        ");
    }

    #[test]
    fn clashing_cloud_config_is_merged() {
        let site = "ssh_keys: {rsa_private: OTHER}\nssh_genkeytypes: [rsa]\nssh_deletekeys: false\nhostname: x";
        insta::assert_snapshot!(merged(site, &key()).unwrap(), @"
        #cloud-config
        ssh_genkeytypes:
        - rsa
        - ed25519
        ssh_deletekeys: true
        hostname: x
        ssh_keys:
          rsa_private: OTHER
          ed25519_private: |
            PRIVATE
            KEY
          ed25519_public: ssh-ed25519 AAAA
        ");
    }

    #[test]
    fn a_script_becomes_a_part() {
        insta::assert_snapshot!(merged("#!/bin/sh\ntouch /ran\n", &key()).unwrap(), @r#"
        Content-Type: multipart/mixed; boundary="==ymir-user-data=="
        MIME-Version: 1.0

        --==ymir-user-data==
        Content-Type: text/plain; charset="utf-8"

        #!/bin/sh
        touch /ran

        --==ymir-user-data==
        Content-Type: text/cloud-config; charset="utf-8"
        X-Merge-Type: list(append)+dict(no_replace,recurse_list)+str()

        #cloud-config
        ssh_deletekeys: true
        ssh_genkeytypes:
        - ed25519
        ssh_keys:
          ed25519_private: |
            PRIVATE
            KEY
          ed25519_public: ssh-ed25519 AAAA

        --==ymir-user-data==--
        "#);
    }

    #[test]
    fn a_list_is_refused() {
        assert!(merged("- a\n- b\n", &key()).is_err());
    }
}
