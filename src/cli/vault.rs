//! The vault passwords of a command: who gives which, under which vault id, and how each is had.

use camino::{Utf8Path, Utf8PathBuf};

use super::{ask, illustrate, options::Options};
use crate::{
    ansible::{
        config::{self, Config},
        vault::{self, Key, Keys},
        world::World,
    },
    drivers::process::Run,
    origin::Origin,
    report::write,
    secret::Secret,
    settings::Environment,
    trouble::{Result, Tell, Trouble},
};

/// The environment variable that holds a vault password itself.
pub(super) const PASSWORD: &str = "KAYOBE_VAULT_PASSWORD";

const IDENTITY: config::Name = ("ANSIBLE_VAULT_IDENTITY", "defaults", "vault_identity");
const IDENTITY_LIST: config::Name =
    ("ANSIBLE_VAULT_IDENTITY_LIST", "defaults", "vault_identity_list");
pub(super) const PASSWORD_FILE: config::Name =
    ("ANSIBLE_VAULT_PASSWORD_FILE", "defaults", "vault_password_file");
const ASK: config::Name = ("ANSIBLE_ASK_VAULT_PASS", "defaults", "ask_vault_pass");
const ONLY_MATCHING: config::Name = ("ANSIBLE_VAULT_ID_MATCH", "defaults", "vault_id_match");

/// How one password is had.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Given(Secret),
    Asked,
    /// Read, or run if it is executable.
    File(Utf8PathBuf),
}

/// A password that is to be had.
struct Wanted {
    /// The vault id that was given with it.
    label: Option<String>,
    source: Source,
    /// The argument of the command line that names its file: the option, its value, and where the file begins in it.
    argument: Option<(&'static str, String, usize)>,
}

impl Wanted {
    fn new(label: Option<String>, source: Source) -> Self {
        Self { label, source, argument: None }
    }
}

/// Gets every vault password. As in Ansible, one that cannot be had is only a trouble if there is no other.
pub fn keys(
    options: &Options,
    environment: &Environment,
    config: &Config,
    world: &dyn World,
) -> Result<Keys> {
    let only_matching = config.flag(ONLY_MATCHING).unwrap_or(false);
    let default = config.value(IDENTITY).unwrap_or_else(|| vault::DEFAULT_LABEL.to_owned());
    let mut keys = Keys { keys: Vec::new(), only_matching };
    let mut troubles = Vec::new();
    for Wanted { label, source, argument } in wanted(options, environment, config)? {
        let password = match source {
            Source::Given(password) => Ok(password),
            Source::Asked => ask::secret(&match &label {
                Some(label) => format!("Vault password ({label}): "),
                None => "Vault password: ".to_owned(),
            }),
            Source::File(file) => {
                password_from(&config::expanded(world, file.as_str()), label.as_deref(), &keys)
            }
        };
        let password = password.map_err(|trouble| match &argument {
            Some((option, value, at)) => illustrate::argument(trouble, option, value, *at),
            None => trouble,
        });
        let label = label.unwrap_or_else(|| default.clone());
        match password {
            Ok(password) => keys.keys.push(Key { label, password }),
            Err(trouble) => troubles.push(trouble),
        }
    }
    // Without any password the first trouble is the error.
    let first = if keys.keys.is_empty() { troubles.drain(..).next() } else { None };
    for trouble in &troubles {
        write::stderr(&format!("warning: {trouble}\n"));
    }
    first.map_or(Ok(keys), Err)
}

/// Every password that is given, in the order in which Ansible tries them.
fn wanted(options: &Options, environment: &Environment, config: &Config) -> Result<Vec<Wanted>> {
    let variable = environment.get(PASSWORD);
    let given = [
        variable.is_some(),
        environment.get(PASSWORD_FILE.0).is_some(),
        options.vault_password_file.is_some(),
        options.ask_vault_pass,
    ];
    if given.iter().filter(|given| **given).count() > 1 {
        return Err(Trouble::usage("the vault password is given more than once").hint(
            "use one of KAYOBE_VAULT_PASSWORD, ANSIBLE_VAULT_PASSWORD_FILE, --vault-password-file, --ask-vault-pass; --vault-id adds passwords to it",
        ));
    }
    let listed = config.list(IDENTITY_LIST).unwrap_or_default();
    let mut wanted: Vec<Wanted> =
        listed.iter().filter(|id| !id.is_empty()).map(|id| identity(id)).collect();
    wanted.extend(options.vault_id.iter().filter(|id| !id.is_empty()).map(|id| of_option(id)));
    wanted.extend(variable.map(|password| Wanted::new(None, Source::Given(Secret::new(password)))));
    wanted.extend(options.vault_password_file.as_ref().map(|file| Wanted {
        argument: Some(("--vault-password-file", file.to_string(), 0)),
        ..Wanted::new(None, Source::File(file.clone()))
    }));
    let file = config.path(PASSWORD_FILE);
    wanted.extend(file.map(|file| Wanted::new(None, Source::File(file))));
    let alone = wanted.is_empty() && config.flag(ASK).unwrap_or(false);
    wanted.extend((options.ask_vault_pass || alone).then(|| Wanted::new(None, Source::Asked)));
    Ok(wanted)
}

/// What an argument of `--vault-id` says.
fn of_option(id: &str) -> Wanted {
    let file = id.find('@').map_or(0, |at| at + 1);
    Wanted { argument: Some(("--vault-id", id.to_owned(), file)), ..identity(id) }
}

/// `label@file`, `label@prompt`, or either without a label.
fn identity(id: &str) -> Wanted {
    let (label, source) = match id.split_once('@') {
        Some((label, source)) => (Some(label.to_owned()), source),
        None => (None, id),
    };
    let source = if matches!(source, "prompt" | "prompt_ask_vault_pass") {
        Source::Asked
    } else {
        Source::File(source.into())
    };
    Wanted::new(label.filter(|label| !label.is_empty()), source)
}

/// A file is run if it is executable, else read; it may be encrypted with a password that is known already.
fn password_from(file: &Utf8Path, label: Option<&str>, known: &Keys) -> Result<Secret> {
    let doing = || format!("reading the vault password from {file}");
    let step = "let the file hold the password, or give another with --vault-password-file";
    let password = if is_executable(file) {
        let run = Run::new(absolute(file)).args(arguments(file, label));
        let ran = run.blocking_success();
        let output = ran.map_err(|trouble| Trouble::refused(doing()).caused_by(&trouble))?.stdout;
        output.trim_matches(['\r', '\n']).to_owned()
    } else {
        let text = std::fs::read_to_string(file)
            .or_refused(doing)
            .map_err(|trouble| trouble.hint(step))?;
        let text = text.trim();
        let opened = vault::is_vault(text)
            .then(|| vault::open(text, known, &Origin::whole(file.as_str())))
            .transpose()?;
        opened.as_deref().unwrap_or(text).trim_matches(['\r', '\n']).to_owned()
    };
    if password.is_empty() {
        return Err(Trouble::refused(doing()).because("it is empty").hint(step));
    }
    Ok(Secret::new(password))
}

/// A client, by its name, is told which password is wanted.
fn arguments(file: &Utf8Path, label: Option<&str>) -> Vec<String> {
    let is_client = file.file_stem().is_some_and(|stem| stem.ends_with("-client"));
    match label.filter(|_| is_client) {
        Some(label) => vec!["--vault-id".to_owned(), label.to_owned()],
        None => Vec::new(),
    }
}

/// A bare name is a file here, not a command on the PATH.
fn absolute(file: &Utf8Path) -> String {
    camino::absolute_utf8(file).unwrap_or_else(|_| file.to_owned()).into_string()
}

fn is_executable(file: &Utf8Path) -> bool {
    file.is_file() && rustix::fs::access(file.as_std_path(), rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ansible::world::Machine;

    /// Options, the environment, and what is wanted.
    type Case<'a> = (&'a Options, &'a [(&'a str, &'a str)], &'a [&'a str]);

    fn sources(options: &Options, set: &[(&str, &str)]) -> Result<Vec<String>> {
        let pairs = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment(pairs.collect());
        let world: Arc<dyn World> = Arc::new(Machine::new(environment.clone()));
        let config = Config::find(&world, "/none".into())?;
        let shown = |Wanted { label, source, .. }: Wanted| {
            let source = match source {
                Source::Given(password) => password.reveal().to_owned(),
                Source::Asked => "ask".to_owned(),
                Source::File(file) => file.into_string(),
            };
            format!("{}={source}", label.unwrap_or_default())
        };
        Ok(wanted(options, &environment, &config)?.into_iter().map(shown).collect())
    }

    #[test]
    fn passwords_come_in_ansibles_order() {
        let with_ids = Options {
            vault_id: vec!["dev@prompt".into(), "file".into(), "prod@a@b".into()],
            ..Options::default()
        };
        let with_file = Options { vault_password_file: Some("f".into()), ..with_ids.clone() };
        let asking = Options { ask_vault_pass: true, ..with_ids.clone() };
        let list = ("ANSIBLE_VAULT_IDENTITY_LIST", "one@x, prompt");
        let table: &[Case] = &[
            (&Options::default(), &[], &[]),
            (&Options::default(), &[("KAYOBE_VAULT_PASSWORD", "p")], &["=p"]),
            (&Options::default(), &[("ANSIBLE_VAULT_PASSWORD_FILE", "f")], &["=f"]),
            (&Options::default(), &[("ANSIBLE_ASK_VAULT_PASS", "yes")], &["=ask"]),
            (&with_ids, &[list], &["one=x", "=ask", "dev=ask", "=file", "prod=a@b"]),
            (&with_file, &[], &["dev=ask", "=file", "prod=a@b", "=f"]),
            (&asking, &[], &["dev=ask", "=file", "prod=a@b", "=ask"]),
        ];
        for (options, set, expected) in table {
            assert_eq!(sources(options, set).unwrap(), *expected);
        }
    }

    #[test]
    fn two_passwords_for_the_same_texts_are_refused() {
        let asking = Options { ask_vault_pass: true, ..Options::default() };
        let password = ("KAYOBE_VAULT_PASSWORD", "p");
        assert!(sources(&asking, &[password]).is_err());
        let both = [password, ("ANSIBLE_VAULT_PASSWORD_FILE", "f")];
        assert!(sources(&Options::default(), &both).is_err());
    }

    #[test]
    fn only_a_client_is_told_the_vault_id() {
        let table = [
            ("keyring-client.py", Some("dev"), "--vault-id dev"),
            ("keyring-client", Some("dev"), "--vault-id dev"),
            ("keyring-client", None, ""),
            ("keyring.sh", Some("dev"), ""),
        ];
        for (file, label, expected) in table {
            assert_eq!(arguments(file.into(), label).join(" "), expected, "{file}");
        }
    }
}
