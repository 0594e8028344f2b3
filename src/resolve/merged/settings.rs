//! What a site says about its files for Kolla: which are looked for, what is done with each, which are left alone.

use serde_json::{Map, Value};

use crate::{
    ansible::{
        Play, Variables,
        merge::{
            Strategy,
            rules::{self, Include, Params, Rule},
        },
    },
    near,
    origin::{Origin, Setting},
    trouble::{Result, Trouble},
};

/// The host whose variables count.
pub(super) const LOCALHOST: &str = "localhost";

const INCLUDES: &str = "kolla_openstack_custom_config_include_globs";
const RULES: &str = "kolla_openstack_custom_config_rules";
const KEPT: &str = "ymir_kolla_config_kept";

/// Patterns, rules, and what stale files are not.
#[derive(Debug)]
pub(super) struct Settings {
    pub includes: Vec<Include>,
    /// In the order in which they are tried.
    pub rules: Vec<Rule>,
    pub kept: Vec<Include>,
}

/// Reads the settings.
pub(super) fn read(variables: &Variables, play: &Play) -> Result<Settings> {
    let items = |name| Items::read(variables, play, name);
    let mut rules =
        items(RULES)?.each(|item| item.rule())?.into_iter().flatten().collect::<Vec<_>>();
    rules::sort(&mut rules);
    // As in Kayobe, a pattern that does not say whether it is enabled is not, and a rule is.
    let includes = items(INCLUDES)?.each(|item| item.include())?;
    Ok(Settings { includes, rules, kept: items(KEPT)?.each(|item| item.include())? })
}

/// Whether a variable is set and true, as the filter `bool` has it.
pub(super) fn is_true(play: &Play, name: &str) -> Result<bool> {
    let yes = |text: &str| matches!(&*text.to_lowercase(), "yes" | "on" | "true" | "1" | "y" | "t");
    Ok(match play.variable(name)? {
        Some(Value::Bool(value)) => value,
        Some(Value::String(text)) => yes(&text),
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    })
}

/// Where a variable of the site, or of Ymir's own, was set.
pub(super) fn setting(variables: &Variables, name: &str) -> Setting {
    variables.setting(LOCALHOST, name).unwrap_or_else(|| Setting {
        variable: name.to_owned(),
        origin: Origin::whole("built-in default"),
    })
}

/// A variable that is a list of maps.
struct Items {
    setting: Setting,
    items: Vec<Value>,
}

struct Item<'a> {
    setting: &'a Setting,
    at: usize,
    map: &'a Map<String, Value>,
}

impl Items {
    fn read(variables: &Variables, play: &Play, name: &str) -> Result<Self> {
        let setting = extra_of(variables, name);
        match play.variable(name)? {
            Some(Value::Array(items)) => Ok(Self { setting, items }),
            _ => Err(Trouble::refused(format!("reading `{name}`"))
                .because("it is no list")
                .set_by(&setting)),
        }
    }

    fn each<T>(&self, read: impl Fn(Item) -> Result<T>) -> Result<Vec<T>> {
        let item = |(at, value): (usize, &Value)| match value {
            Value::Object(map) => read(Item { setting: &self.setting, at, map }),
            _ => Err(Trouble::refused(format!("reading `{}`", self.setting.variable))
                .because(format!("its item {} is no map", at + 1))
                .set_by(&self.setting)),
        };
        self.items.iter().enumerate().map(item).collect()
    }
}

/// Sites rarely set the whole list; they add to it.
fn extra_of(variables: &Variables, name: &str) -> Setting {
    let extra = format!("{name}_extra");
    match variables.setting(LOCALHOST, name).or_else(|| variables.setting(LOCALHOST, &extra)) {
        Some(setting) => setting,
        None => setting(variables, name),
    }
}

impl Item<'_> {
    fn fault(&self, cause: &str) -> Trouble {
        let glob = self.map.get("glob").and_then(Value::as_str);
        let what = glob.map_or_else(|| format!("item {}", self.at + 1), |glob| format!("`{glob}`"));
        Trouble::refused(format!("reading {what} in `{}`", self.setting.variable))
            .because(cause)
            .set_by(self.setting)
    }

    fn text(&self, key: &str) -> Result<&str> {
        let found = self.map.get(key).and_then(Value::as_str);
        found.ok_or_else(|| self.fault(&format!("it needs a `{key}`, which is text")))
    }

    fn flag(&self, default: bool) -> Result<bool> {
        match self.map.get("enabled") {
            None => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self
                .fault(&format!("`enabled` is {other}, not true or false"))
                .hint("end the expression with `| bool`")),
        }
    }

    fn include(&self) -> Result<Include> {
        Ok(Include { glob: self.text("glob")?.to_owned(), enabled: self.flag(false)? })
    }

    /// The rule, unless it is disabled.
    fn rule(&self) -> Result<Option<Rule>> {
        if !self.flag(true)? {
            return Ok(None);
        }
        let priority = self.map.get("priority").and_then(Value::as_i64);
        Ok(Some(Rule {
            glob: self.text("glob")?.to_owned(),
            priority: priority
                .ok_or_else(|| self.fault("it needs a `priority`, which is a whole number"))?,
            strategy: self.strategy()?,
            params: self.params()?,
            setting: self.setting.clone(),
        }))
    }

    fn strategy(&self) -> Result<Strategy> {
        let name = self.text("strategy")?;
        Strategy::named(name).ok_or_else(|| {
            let known = Strategy::NAMES.map(|(name, _)| name);
            let trouble = self.fault(&format!("there is no strategy `{name}`"));
            match near::nearest(name, known).first() {
                Some(near) => trouble.hint(format!("did you mean `{near}`?")),
                None => trouble.hint(format!("the strategies are {}", known.join(", "))),
            }
        })
    }

    fn params(&self) -> Result<Params> {
        let mut params = Params::default();
        let given = match self.map.get("params") {
            Some(Value::Object(given)) => given,
            None | Some(Value::Null) => return Ok(params),
            Some(_) => return Err(self.fault("`params` is no map")),
        };
        for (name, value) in given {
            if !set(&mut params, name, value) {
                return Err(self
                    .fault(&format!("its parameter `{name}: {value}` cannot be used"))
                    .hint("the parameters are extend_lists, whitespace, yaml_width, lstrip_blocks and mode"));
            }
        }
        Ok(params)
    }
}

/// Takes over one parameter; tells whether it is one.
fn set(params: &mut Params, name: &str, value: &Value) -> bool {
    let flag = value.as_bool();
    match (name, flag) {
        ("extend_lists", Some(flag)) => params.extend_lists = flag,
        ("whitespace", Some(flag)) => params.whitespace = flag,
        ("lstrip_blocks", Some(flag)) => params.keep_blanks = !flag,
        ("yaml_width", None) => {
            match value.as_u64().and_then(|width| usize::try_from(width).ok()) {
                Some(width) => params.yaml_width = width,
                None => return false,
            }
        }
        ("mode", None) => match mode(value) {
            Some(mode) => params.mode = mode,
            None => return false,
        },
        _ => return false,
    }
    true
}

/// A mode as text holds octal digits; YAML has already read a number's.
fn mode(value: &Value) -> Option<u32> {
    let mode = match value {
        Value::String(text) => u32::from_str_radix(text, 8).ok(),
        other => other.as_u64().and_then(|mode| u32::try_from(mode).ok()),
    };
    mode.filter(|mode| *mode <= 0o777)
}
