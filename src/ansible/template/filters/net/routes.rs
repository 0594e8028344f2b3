//! Routes, rules and VLAN priorities for nmstate, each checked.

use indexmap::IndexMap;

use super::{
    network::{Network, part, record, required_part},
    nmstate::Document,
};
use crate::ansible::template::{
    fault::{Fault, Faulty, Outcome},
    filters::logic,
    ops, text,
    value::{Dict, Key, Val},
};

const HIGHEST_PRIORITY: i128 = 7;

impl Document {
    /// The number of a routing table that is written as a number or as a name.
    fn table(&self, table: &Val) -> Outcome {
        let mut found = table.clone();
        for (name, number) in &self.tables {
            if ops::equal(name, table)? {
                found = number.clone();
            }
        }
        let unknown = || {
            let table = text::str_of(table).unwrap_or_default();
            Fault::new(format!(
                "Routing table '{table}' is not defined in network_route_tables and is not a valid numeric table ID"
            ))
        };
        match &found {
            Val::Str(digits) if !digits.bytes().all(|byte| byte.is_ascii_digit()) => Err(unknown()),
            other => whole(other).map_err(|_| unknown()),
        }
    }

    pub(super) fn add_routes(&mut self, network: &Network, device: &str) -> Outcome<()> {
        let routes = network.given("routes")?.map_or(Ok(Vec::new()), |routes| routes.items())?;
        for (at, route) in routes.iter().enumerate() {
            let name = &network.name;
            let Val::Dict(fields) = route else {
                return Err(Fault::new(format!(
                    "Network '{name}' has invalid routing route format at index {at} for the nmstate engine. \
                     Routes must use dict format."
                )));
            };
            let mut written = IndexMap::new();
            let mut put = |name: &str, value: Val| written.insert(Key::text(name), value);
            put("destination", required_part(route, "cidr")?);
            put("next-hop-address", part(route, "gateway")?);
            put("next-hop-interface", Val::str(device));
            for (key, value) in RouteOptions::of(name, at, fields)?.found {
                put(key, value);
            }
            let table = part(route, "table")?;
            if !matches!(table, Val::None) {
                put("table-id", self.table(&table)?);
            }
            self.routes.push(Val::Dict(Dict::new(written)));
        }
        Ok(())
    }

    pub(super) fn add_rules(&mut self, network: &Network) -> Outcome<()> {
        let rules = network.given("rules")?.map_or(Ok(Vec::new()), |rules| rules.items())?;
        for rule in rules {
            if !matches!(rule, Val::Dict(_)) {
                let name = &network.name;
                return Err(Fault::new(format!(
                    "Network '{name}' has invalid routing rule format for the nmstate engine. \
                     Rules must use dict format (keys: from, to, priority, table)."
                )));
            }
            let table = match part(&rule, "table")? {
                Val::None => Val::None,
                table => self.table(&table)?,
            };
            let priority = match part(&rule, "priority")? {
                Val::None => Val::None,
                priority => whole(&priority)?,
            };
            self.rules.push(record([
                ("ip-from", part(&rule, "from")?),
                ("ip-to", part(&rule, "to")?),
                ("priority", priority),
                ("route-table", table),
            ]));
        }
        Ok(())
    }
}

/// Python's `int(value)`.
pub(super) fn whole(value: &Val) -> Outcome {
    let number = match value {
        Val::Int(number) => Some(*number),
        Val::Bool(flag) => Some(i128::from(*flag)),
        Val::Str(text) => text::parse_int(text, 10),
        _ => None,
    };
    let wrong = || {
        let value = text::repr(value).unwrap_or_default();
        Fault::new(format!("invalid literal for int() with base 10: {value}"))
    };
    number.map(Val::Int).ok_or_else(wrong)
}

/// What a route has beside its way.
struct RouteOptions<'name> {
    name: &'name str,
    at: usize,
    found: Vec<(&'static str, Val)>,
}

impl<'name> RouteOptions<'name> {
    fn of(name: &'name str, at: usize, route: &Dict) -> Outcome<Self> {
        let known = ["cidr", "gateway", "metric", "onlink", "options", "src", "table"];
        let keys = route.keys().iter().map(text::str_of).collect::<Outcome<Vec<_>>>()?;
        let mut unknown: Vec<String> =
            keys.into_iter().filter(|key| !known.contains(&&**key)).collect();
        unknown.sort();
        let mut options = Self { name, at, found: Vec::new() };
        if !unknown.is_empty() {
            return Err(options.wrong("unsupported", "route keys", &unknown.join(", ")));
        }
        let given = |key: &str| route.get_str(key).filter(|value| !matches!(value, Val::None));
        if let Some(metric) = given("metric") {
            options.found.push(("metric", whole(&metric)?));
        }
        if let Some(source) = given("src") {
            options.found.push(("source", source));
        }
        if let Some(flag) = given("onlink") {
            options.found.push(("on-link", Val::Bool(logic::to_bool(&flag)?)));
        }
        match given("options") {
            None => {}
            Some(Val::List(list)) => list.items().iter().try_for_each(|item| options.add(item))?,
            Some(_) => {
                return Err(options.wrong("invalid", "route options", "they must be a list"));
            }
        }
        Ok(options)
    }

    fn wrong(&self, how: &str, what: &str, found: &str) -> Faulty {
        let (name, at) = (self.name, self.at);
        Fault::new(format!(
            "Network '{name}' has {how} routing {what} at index {at} for the nmstate engine: {found}"
        ))
    }

    fn add(&mut self, option: &Val) -> Outcome<()> {
        let Val::Str(text) = option else {
            return Err(self.wrong("invalid", "route option", "options must be strings"));
        };
        let (key, value) = match text.split_once(' ') {
            None if &**text == "onlink" => ("on-link", Val::Bool(true)),
            Some(("metric", number)) => ("metric", whole(&Val::str(number.trim()))?),
            Some(("src", address)) => ("source", Val::str(address.trim_start())),
            _ => return Err(self.wrong("unsupported", "route option", &format!("'{text}'"))),
        };
        match self.found.iter().find(|(known, _)| *known == key) {
            Some((_, known)) if !ops::equal(known, &value)? => {
                Err(self.wrong("conflicting", "route option", &format!("'{text}'")))
            }
            Some(_) => Ok(()),
            None => {
                self.found.push((key, value));
                Ok(())
            }
        }
    }
}

/// The priorities of a VLAN, in order, each checked.
pub(super) fn priorities(network: &str, direction: &str, map: &Val) -> Outcome {
    let wrong = |words: String| {
        Fault::new(format!("Network '{network}' has invalid {direction} QoS map {words}"))
    };
    let Val::List(entries) = map else {
        let kind = map.type_name();
        return Err(wrong(format!(
            "format '{kind}'. Expected a list of dicts with keys 'from' and 'to'."
        )));
    };
    let mut found = Vec::new();
    for entry in entries.items() {
        if !matches!(entry, Val::Dict(_)) {
            return Err(wrong("entry format. Expected a dict with keys 'from' and 'to'.".into()));
        }
        let number = |field: &str| {
            let value = part(&entry, field)?;
            let shown = text::str_of(&value)?;
            let limited = matches!((direction, field), ("ingress", "from") | ("egress", "to"));
            let most = if limited { HIGHEST_PRIORITY } else { u32::MAX.into() };
            match value {
                Val::None => Err(wrong("entry. Required keys are 'from' and 'to'.".into())),
                Val::Int(number) if (0..=most).contains(&number) => Ok(number),
                Val::Int(_) => {
                    Err(wrong(format!("'{field}' value '{shown}'. Expected 0 to {most}.")))
                }
                _ => Err(wrong(format!("'{field}' value '{shown}'. Expected an integer."))),
            }
        };
        found.push((number("from")?, number("to")?));
    }
    found.sort_unstable();
    let entry = |(from, to)| Val::dict([("from", Val::Int(from)), ("to", Val::Int(to))]);
    Ok(Val::list(found.into_iter().map(entry).collect()))
}
