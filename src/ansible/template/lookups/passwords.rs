//! The lookup `password`: a password that is made once and kept in a file.

use std::sync::Arc;

use super::{
    Found,
    options::Options,
    search::{self, candidates, existing, path_of, told},
};
use crate::ansible::{
    assignments,
    template::{
        call::Args,
        env::Env,
        fault::{Fault, Outcome},
        filters::{self, passwords::Request},
        sameness, text,
        value::Val,
    },
};

/// What Ansible makes passwords of.
const DEFAULT_SETS: &[&str] = &["ascii_letters", "digits", ".,:-_"];

/// Stands for a password that no command has made so far, where none may be made.
const NOT_MADE: &str = "made-at-run-time";

const OPTIONS: &[&str] = &["length", "encrypt", "chars", "ident", "seed"];

/// More than any password needs.
const LONGEST: i128 = 1_000_000;

/// Kept nowhere: each use makes another password.
const NOWHERE: &str = "/dev/null";

pub(super) fn password(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let value = |term: Val| {
        let (path, wanted) = Wanted::of(&path_of(&term)?, &mut args.clone())?;
        let kept = match &*path {
            NOWHERE => wanted.completed(None)?,
            path => match stored(env, path, &wanted)? {
                Some(kept) => kept,
                None => return Ok(Val::str(NOT_MADE)),
            },
        };
        wanted.shown(&kept).map(Val::str)
    };
    terms.into_iter().map(value).collect()
}

/// What the file holds, after what it lacks was made; `None` if that may not be.
fn stored(env: &Arc<Env>, path: &str, wanted: &Wanted) -> Outcome<Option<Kept>> {
    sameness::lost();
    let path = place(env, path)?;
    let world = env.scope().world();
    let content = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let found = world.read_settled(&path).map_err(|trouble| told(&trouble))?.map(content);
    let kept = wanted.completed(found.as_deref())?;
    if found.is_some_and(|found| Kept::parse(&found) == kept) {
        return Ok(Some(kept));
    }
    if !world.keeps_passwords() {
        return Ok(None);
    }
    let mut outcome = Ok(kept);
    let mut complete = |found: Option<Vec<u8>>| {
        let found = found.map(content);
        outcome = wanted.completed(found.as_deref());
        let kept = outcome.as_ref().ok()?;
        let same = found.is_some_and(|found| Kept::parse(&found) == *kept);
        (!same).then(|| kept.line())
    };
    world.complete(&path, &mut complete).map_err(|trouble| told(&trouble))?;
    outcome.map(Some)
}

/// Where the password lies; if nowhere yet, a relative path means the highest layer.
fn place(env: &Arc<Env>, path: &str) -> Outcome<String> {
    if let Some(found) = existing(env, candidates(env, path, "files"))? {
        return Ok(found);
    }
    let path = search::expanded(env, path);
    let layer = env.scope().search_paths().pop().filter(|_| !path.starts_with('/'));
    Ok(layer.map_or(path.clone(), |layer| filters::joined(&[layer, path])))
}

/// What a password file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    password: String,
    salt: Option<String>,
    ident: Option<String>,
}

impl Kept {
    fn parse(content: &str) -> Self {
        let content = content.trim_end();
        let (password, rest) = match content.rsplit_once(" salt=") {
            Some((password, rest)) => (password, Some(rest)),
            None => (content, None),
        };
        let (salt, ident) = match rest.and_then(|rest| rest.rsplit_once(" ident=")) {
            Some((salt, ident)) => (Some(salt), Some(ident)),
            None => (rest, None),
        };
        let own = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Self { password: password.to_owned(), salt: own(salt), ident: own(ident) }
    }

    fn line(&self) -> Vec<u8> {
        let part = |name, value: &Option<String>| {
            value.as_ref().map_or(String::new(), |value| format!(" {name}={value}"))
        };
        let (salt, ident) = (part("salt", &self.salt), part("ident", &self.ident));
        format!("{}{salt}{ident}\n", self.password).into_bytes()
    }
}

/// How a hash is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Bcrypt,
    Sha256,
    Sha512,
}

impl Encryption {
    fn of(name: &str) -> Outcome<Self> {
        Ok(match name {
            "bcrypt" => Self::Bcrypt,
            "sha256_crypt" => Self::Sha256,
            "sha512_crypt" => Self::Sha512,
            other => {
                return Err(Fault::with_hint(
                    format!("crypt does not support '{other}' algorithm"),
                    "use sha512_crypt, sha256_crypt or bcrypt; MD5 hashes are broken by any laptop",
                ));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bcrypt => "bcrypt",
            Self::Sha256 => "sha256_crypt",
            Self::Sha512 => "sha512_crypt",
        }
    }

    fn salt_size(self) -> usize {
        match self {
            Self::Bcrypt => 22,
            Self::Sha256 | Self::Sha512 => 16,
        }
    }

    /// The variant that is kept with the salt.
    fn ident(self) -> Option<&'static str> {
        (self == Self::Bcrypt).then_some("2b")
    }
}

/// What is asked of a password.
struct Wanted {
    length: usize,
    letters: String,
    seed: Option<Val>,
    encryption: Option<Encryption>,
    ident: Option<String>,
}

impl Wanted {
    /// The file and the options of a term, with those of the call.
    fn of(term: &str, args: &mut Args) -> Outcome<(String, Self)> {
        let mut options = Options::of("password", args);
        let (mut path, rest) = term.split_once(' ').unwrap_or((term, ""));
        let parsed = assignments::parse(rest)
            .ok_or_else(|| Fault::new(format!("a quotation mark in `{term}` is not closed")))?;
        let joined = parsed.rest.map(|rest| format!("{path} {rest}"));
        if let Some(joined) = &joined {
            path = term.get(..joined.len()).filter(|start| start == joined).ok_or_else(|| {
                Fault::new("Unrecognized value after key=value parameters given to password lookup")
            })?;
        }
        for (name, value) in &parsed.pairs {
            if !OPTIONS.contains(&&**name) {
                return Err(Fault::with_hint(
                    format!("Unrecognized parameter(s) given to password lookup: {name}"),
                    format!("the options are {}", OPTIONS.join(", ")),
                ));
            }
            options.put_first(name, value);
        }
        let inline = parsed.pairs.iter().any(|(name, _)| name == "chars");
        let chars =
            options.value("chars").map(|chars| if inline { comma_of(chars) } else { chars });
        Ok((path.to_owned(), Self::take(&mut options, chars)?))
    }

    fn take(options: &mut Options<'_>, chars: Option<Val>) -> Outcome<Self> {
        let length = options.int("length")?.unwrap_or(20);
        if length > LONGEST {
            return Err(Fault::new(format!("a password of {length} letters is too long")));
        }
        let encryption = options.text("encrypt")?.filter(|name| !name.is_empty());
        Ok(Self {
            length: usize::try_from(length).unwrap_or(0),
            letters: letters(chars)?,
            seed: options.text("seed")?.map(Val::str),
            encryption: encryption.map(|name| Encryption::of(&name)).transpose()?,
            ident: options.text("ident")?.filter(|ident| !ident.is_empty()),
        })
    }

    /// What the file is to hold, given what it holds.
    fn completed(&self, found: Option<&str>) -> Outcome<Kept> {
        let mut kept = match found {
            Some(found) => Kept::parse(found),
            None => Kept { password: self.made()?, salt: None, ident: None },
        };
        if let (Some(stored), Some(wanted)) = (&kept.ident, &self.ident)
            && stored != wanted
        {
            return Err(Fault::new(format!(
                "The ident parameter provided ({stored}) does not match the stored one ({wanted})."
            )));
        }
        let Some(encryption) = self.encryption else { return Ok(kept) };
        if kept.salt.is_none() {
            kept.salt = Some(filters::secret_text(filters::SALT_LETTERS, encryption.salt_size())?);
        }
        let ident = || self.ident.clone().or(encryption.ident().map(str::to_owned));
        kept.ident = kept.ident.or_else(ident);
        Ok(kept)
    }

    fn made(&self) -> Outcome<String> {
        if self.letters.is_empty() && self.length > 0 {
            return Err(Fault::new(
                "Cannot choose from an empty sequence: `chars` names no letters",
            ));
        }
        match &self.seed {
            Some(seed) => filters::seeded_text(&self.letters, self.length, seed),
            None => filters::secret_text(&self.letters, self.length),
        }
    }

    /// The password, or its hash.
    fn shown(&self, kept: &Kept) -> Outcome<String> {
        let Some(encryption) = self.encryption else { return Ok(kept.password.clone()) };
        let request = Request {
            salt: kept.salt.clone().unwrap_or_default(),
            salt_size: None,
            rounds: None,
            ident: kept.ident.clone().unwrap_or_default(),
        };
        request.hashed(&kept.password, encryption.name())
    }
}

/// Inside a term `,,` stands for a comma among the letters.
fn comma_of(chars: Val) -> Val {
    let Val::Str(text) = &chars else { return chars };
    let comma = text.contains(",,").then_some(",");
    let sets = text.replace(",,", ",");
    Val::strings(comma.into_iter().chain(sets.split(',').filter(|set| !set.is_empty())))
}

/// The letters that a password is made of.
fn letters(chars: Option<Val>) -> Outcome<String> {
    let sets: Vec<String> = match chars {
        None => DEFAULT_SETS.iter().map(|set| (*set).to_owned()).collect(),
        Some(Val::Str(text)) => text.split(',').map(str::to_owned).collect(),
        Some(other) => other.items()?.iter().map(text::str_of).collect::<Outcome<_>>()?,
    };
    Ok(sets.iter().map(|set| set_of(set)).collect::<String>().replace(['"', '\''], ""))
}

/// Python's names of sets of letters; any other text is the letters themselves.
fn set_of(name: &str) -> &str {
    match name {
        "ascii_lowercase" => "abcdefghijklmnopqrstuvwxyz",
        "ascii_uppercase" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ascii_letters" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "digits" => "0123456789",
        "hexdigits" => "0123456789abcdefABCDEF",
        "octdigits" => "01234567",
        "punctuation" => "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        "whitespace" => " \t\n\r\u{b}\u{c}",
        "printable" => {
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\u{b}\u{c}"
        }
        other => other,
    }
}
