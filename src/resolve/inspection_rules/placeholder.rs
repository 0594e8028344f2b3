//! `{…}` in rules: what of an inspected node is meant. Ironic knows `{node.field[key]}`, `{inventory[key]}` and
//! `{plugin_data[key]}`; whatever else stands there it leaves as text, so that a rule never does what it says.

/// What Ironic knows, and `item` of its loops.
const ROOTS: [&str; 4] = ["node", "inventory", "plugin_data", "item"];

/// The text with all placeholders as Ironic knows them.
pub(super) fn rooted(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inside, behind)) = after.split_once('}') else {
            return out + "{" + after;
        };
        match path(inside) {
            Some(path) if !ROOTS.contains(&path[0]) => out.push_str(&of_data(&path)),
            _ => out.extend(["{", inside, "}"]),
        }
        rest = behind;
    }
    out + rest
}

/// The names in `a.b[c]`; `None` if it is something else.
fn path(inside: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = inside.split(['.', '[', ']']).filter(|part| !part.is_empty()).collect();
    let plain = |part: &&str| part.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    (!parts.is_empty() && parts.iter().all(plain)).then_some(parts)
}

/// What a field of the old format means, `node://driver_info.ipmi_address` or `data://root_disk.serial`.
pub(super) fn of_field(field: &str) -> Option<String> {
    if let Some(rest) = field.strip_prefix("node://") {
        let path = path(rest)?;
        return Some(format!("{{node.{}{}}}", path[0], indexed(&path[1..])));
    }
    Some(of_data(&path(field.strip_prefix("data://").unwrap_or(field))?))
}

/// What stands at a path of the data that the old service collected.
fn of_data(path: &[&str]) -> String {
    let path = if path[0] == "data" && path.len() > 1 { &path[1..] } else { path };
    match path {
        ["inventory", rest @ ..] => format!("{{inventory{}}}", indexed(rest)),
        ["all_interfaces", interface, "lldp_processed", rest @ ..] => {
            format!("{{plugin_data[parsed_lldp][{interface}]{}}}", indexed(rest))
        }
        rest => format!("{{plugin_data{}}}", indexed(rest)),
    }
}

fn indexed(path: &[&str]) -> String {
    path.iter().fold(String::new(), |text, key| format!("{text}[{key}]"))
}

/// The regular expression that matches this text alone.
pub(super) fn escaped(text: &str) -> String {
    let special = |c: char| r"\.+*?()|[]^$".contains(c);
    let parts = text.chars().map(|c| if special(c) { format!("\\{c}") } else { c.to_string() });
    parts.collect()
}
