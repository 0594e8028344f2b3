//! The filter `urlize`: addresses in a text become links of HTML, as Jinja2 finds them.

use std::sync::{Arc, LazyLock};

use fancy_regex::Regex;

use super::strings::escaped;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

/// An address of the web: with a scheme or `www.`, or a name below a common top-level domain, or with a scheme and numbers;
/// then perhaps a port and a path.
static WEB: LazyLock<Regex> = LazyLock::new(|| {
    let label = r"[\w%-]";
    let named = format!(r"(https?://|www\.)(({label}+\.)+)?([a-z]{{2,63}}|xn--[\w%]{{2,59}})");
    let common = format!(r"({label}{{2,63}}\.)+(com|net|int|edu|gov|org|info|mil)");
    let ipv4 = r"\d{1,3}(\.\d{1,3}){3}";
    let ipv6 = r"\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\]";
    let whole =
        format!(r"(?i)^({named}|{common}|https?://({ipv4}|{ipv6}))(:\d{{1,5}})?([/?#]\S*)?$");
    Regex::new(&whole).expect("the expression is right")
});
static MAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\S+@\w[\w.-]*\.\w+$").expect("the expression is right"));
/// What may be told to be a scheme.
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([\w.+-]{2,}:(/){0,2})$").expect("the expression is right"));

/// What may stand around an address.
const BEFORE: [&str; 3] = ["(", "<", "&lt;"];
const BEHIND: [&str; 6] = [")", ">", ".", ",", "\n", "&gt;"];
const PAIRS: [(&str, &str); 3] = [("(", ")"), ("<", ">"), ("&lt;", "&gt;")];

/// How links are written.
struct Links {
    /// How long the text of a link may be, whatever that is, as nobody asks before there is one.
    limit: Val,
    attributes: String,
    schemes: Vec<String>,
}

pub(super) fn urlize(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let links = Links::of(args)?;
    let value = escaped(&text::str_of(input)?);
    let mut out = String::new();
    let mut rest = &*value;
    while !rest.is_empty() {
        let word = &rest[..rest.find(is_blank).unwrap_or(rest.len())];
        out.push_str(&links.word(word)?);
        rest = &rest[word.len()..];
        let blanks = rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
        out.push_str(&rest[..blanks]);
        rest = &rest[blanks..];
    }
    Ok(Val::str(out))
}

/// What Python takes for a blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn fits(expression: &Regex, text: &str) -> Outcome<bool> {
    expression.is_match(text).map_err(|error| Fault::new(format!("urlize: {error}")))
}

impl Links {
    fn of(args: &mut Args) -> Outcome<Self> {
        let limit = args.take("trim_url_limit").map_or(Ok(Val::None), Val::used)?;
        let nofollow = args.flag("nofollow", false)?;
        let target = args.text_or("target", "")?;
        let rel = args.text_or("rel", "")?;
        let mut rel: Vec<&str> = rel.split_whitespace().chain(["noopener"]).collect();
        rel.extend(nofollow.then_some("nofollow"));
        rel.sort_unstable();
        rel.dedup();
        let target = match &*target {
            "" => String::new(),
            target => format!(" target=\"{}\"", escaped(target)),
        };
        let attributes = format!(" rel=\"{}\"{target}", escaped(&rel.join(" ")));
        let schemes = match args.take("extra_schemes").map(Val::used).transpose()? {
            None | Some(Val::None) => Vec::new(),
            Some(schemes) => schemes.iterate()?.iter().map(scheme).collect::<Outcome<_>>()?,
        };
        Ok(Self { limit, attributes, schemes })
    }

    /// A word with the address in it as a link, if it is one.
    fn word(&self, word: &str) -> Outcome<String> {
        let (head, middle, tail) = parts(word);
        let is_mail = || fits(&MAIL, &middle);
        let link = if fits(&WEB, &middle)? {
            let has_scheme = middle.starts_with("https://") || middle.starts_with("http://");
            let scheme = if has_scheme { "" } else { "https://" };
            self.link(&format!("{scheme}{middle}"), &self.trimmed(&middle)?)
        } else if let Some(address) = middle.strip_prefix("mailto:")
            && fits(&MAIL, address)?
        {
            format!("<a href=\"{middle}\">{address}</a>")
        } else if middle.contains('@')
            && !middle.starts_with("www.")
            && !middle.starts_with('@')
            && !middle.contains(':')
            && is_mail()?
        {
            format!("<a href=\"mailto:{middle}\">{middle}</a>")
        } else if self.schemes.iter().any(|known| middle != *known && middle.starts_with(known)) {
            self.link(&middle, &middle)
        } else {
            return Ok(word.to_owned());
        };
        Ok(format!("{head}{link}{tail}"))
    }

    fn link(&self, address: &str, shown: &str) -> String {
        format!("<a href=\"{address}\"{}>{shown}</a>", self.attributes)
    }

    /// An address as it is shown, cut as Python cuts: a length below zero counts from the end.
    fn trimmed(&self, address: &str) -> Outcome<String> {
        let length = address.chars().count();
        let limit = match &self.limit {
            Val::None => return Ok(address.to_owned()),
            Val::Int(limit) => *limit,
            Val::Bool(limit) => i128::from(*limit),
            // A length is compared with it before it cuts.
            Val::Float(limit)
                if u32::try_from(length).is_ok_and(|length| f64::from(length) <= *limit) =>
            {
                return Ok(address.to_owned());
            }
            other => {
                let kind = other.type_name();
                return Err(Fault::new(format!(
                    "the argument 'trim_url_limit' must be a whole number, not '{kind}'"
                )));
            }
        };
        if length as i128 <= limit {
            return Ok(address.to_owned());
        }
        let kept = if limit < 0 { limit.saturating_add(length as i128) } else { limit };
        let kept = usize::try_from(kept).unwrap_or(0);
        Ok(address.chars().take(kept).chain("...".chars()).collect())
    }
}

fn scheme(value: &Val) -> Outcome<String> {
    let scheme = text::str_of(value)?;
    if fits(&SCHEME, &scheme)? {
        return Ok(scheme);
    }
    Err(Fault::new(format!("{} is not a valid URI scheme prefix.", text::quoted(&scheme))))
}

/// What stands before an address, the address, and what stands behind it; brackets that open in it close in it, too.
fn parts(word: &str) -> (&str, String, String) {
    let mut middle = word;
    while let Some(sign) = BEFORE.iter().find(|sign| middle.starts_with(**sign)) {
        middle = &middle[sign.len()..];
    }
    let head = &word[..word.len() - middle.len()];
    let from = middle;
    while let Some(sign) = BEHIND.iter().find(|sign| middle.ends_with(**sign)) {
        middle = &middle[..middle.len() - sign.len()];
    }
    let (mut middle, mut tail) = (middle.to_owned(), &from[middle.len()..]);
    for (open, close) in PAIRS {
        let opened = middle.matches(open).count();
        if opened <= middle.matches(close).count() {
            continue;
        }
        for _ in 0..opened.min(tail.matches(close).count()) {
            let Some(at) = tail.find(close) else { break };
            let end = at + close.len();
            middle.push_str(&tail[..end]);
            tail = &tail[end..];
        }
    }
    (head, middle, tail.to_owned())
}
