//! The virtual media of a host: its system has them, or in older services its manager.

use redfish::types::Collection;
use serde_json::Value;

use super::{
    answer::{Failure, link, tolerant},
    client::Client,
    look::related,
    system::System,
};

/// The URLs of what is inserted.
pub(super) async fn inserted(client: &Client<'_>, system: &System) -> Result<Vec<String>, Failure> {
    let mut all = link(system.read.extra.get("VirtualMedia"));
    if let (None, Some(manager)) = (&all, related(system, "ManagedBy").first()) {
        all = link(client.get(manager).await?.value.get("VirtualMedia"));
    }
    let Some(all) = all else { return Ok(Vec::new()) };
    let all: Collection<Value> = tolerant(&client.get(&all).await?.value)?;
    let mut inserted = Vec::new();
    for medium in all.members.iter().filter_map(|member| link(Some(member))) {
        let medium = client.get(&medium).await?.value;
        if medium["Inserted"] == true {
            let image = medium["Image"].as_str().filter(|image| !image.is_empty());
            inserted.push(image.map_or_else(|| "something unnamed".to_owned(), without_login));
        }
    }
    Ok(inserted)
}

/// A URL without the user and password that it may carry.
fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", place.rsplit('@').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::without_login;

    #[test]
    fn a_login_in_a_url_is_not_shown() {
        let table = [
            ("http://me:secret@10.0.0.1/a@b.iso", "http://10.0.0.1/a@b.iso"),
            ("http://10.0.0.1/a.iso", "http://10.0.0.1/a.iso"),
            ("nfs-share", "nfs-share"),
        ];
        for (url, shown) in table {
            assert_eq!(without_login(url), shown);
        }
    }
}
