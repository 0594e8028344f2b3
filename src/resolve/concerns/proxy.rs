//! `http_proxy`, `https_proxy`, `no_proxy`: they may hold a login, so plans hold only where they are found.

use super::{Class, filled, sealed_at};
use crate::{
    host::concern::{Concern, Proxy},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let proxy = |name: &str| Ok(filled(reader, name)?.map(|_| sealed_at(reader, name, &[])));
    let (http, https) = (proxy("http_proxy")?, proxy("https_proxy")?);
    let without = match (&http, &https) {
        (None, None) => Vec::new(),
        _ => {
            reader.get::<Vec<Option<String>>>("no_proxy")?.map_or_else(Vec::new, |list| list.value)
        }
    };
    let without = without.into_iter().flatten().filter(|name| !name.is_empty()).collect();
    Ok(Some(Proxy { http, https, without }.into()))
}
