//! What real Ansible needs beside the site's own files when it runs the site's playbooks.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::Value;

use super::{Variables, load::layout_paths};
use crate::ansible::{
    layers::Layout,
    yaml::{Data, Node},
};

impl Variables {
    /// An inventory with the built-in defaults, to go before the site's: paths in it, and what the files hold.
    pub fn inventory(&self) -> Vec<(Utf8PathBuf, String)> {
        let mut files = self.release().inventory();
        let layers = &self.site.layers;
        if layers.layout == Layout::Own {
            let paths = layout_paths(layers);
            let paths: BTreeMap<_, _> =
                paths.iter().map(|(name, node)| (name, plain(node))).collect();
            // JSON is YAML; the name sorts behind the defaults that it replaces.
            let text = serde_json::to_string(&paths).expect("paths are text");
            files.push(("group_vars/all/ymir_layout.yml".into(), text));
        }
        files
    }
}

fn plain(node: &Node) -> Value {
    match &node.data {
        Data::List(items) => items.iter().map(plain).collect(),
        data => data.as_text().unwrap_or_default().into(),
    }
}
