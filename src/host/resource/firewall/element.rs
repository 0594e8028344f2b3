//! firewalld's own files, and rich rules, as elements that can be compared.

use std::collections::BTreeMap;

/// Nobody nests deeper.
const DEEPEST: usize = 16;

/// An element of XML without its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) children: Vec<Element>,
}

impl Element {
    fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub(super) fn has(&self, attributes: &[(&str, &str)]) -> bool {
        let same = |(name, value): &(&str, &str)| {
            self.attributes.get(*name).is_some_and(|found| found.as_str() == *value)
        };
        attributes.iter().all(same)
    }

    /// In one order, and without what says nothing.
    fn plain(mut self) -> Self {
        self.attributes.retain(|name, value| !(name == "priority" && value == "0"));
        if let Some(inverted) = self.attributes.remove("invert")
            && ["true", "yes"].contains(&inverted.to_lowercase().as_str())
        {
            self.attributes.insert("invert".into(), "true".into());
        }
        self.children = self.children.into_iter().map(Self::plain).collect();
        self.children.sort();
        self
    }
}

/// The zone in a file of firewalld's; `None` if it is no XML that firewalld would write.
pub(super) fn zone(text: &str) -> Option<Element> {
    let mut open: Vec<Element> = vec![Element::default()];
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = if rest.starts_with("<!--") { rest.find("-->")? + 3 } else { end_of_tag(rest)? };
        let tag = &rest[..end];
        rest = &rest[end..];
        if tag.starts_with("<!") || tag.starts_with("<?") {
            continue;
        }
        if tag.starts_with("</") {
            close(&mut open)?;
            continue;
        }
        let inner = tag[1..tag.len() - 1].trim_end();
        open.push(element(inner.trim_end_matches('/'))?);
        if inner.ends_with('/') {
            close(&mut open)?;
        } else if open.len() > DEEPEST {
            return None;
        }
    }
    let mut all = open.pop().filter(|_| open.is_empty())?.children.into_iter();
    all.find(|element| element.name == "zone").map(Element::plain)
}

/// Puts the innermost open element where it belongs.
fn close(open: &mut Vec<Element>) -> Option<()> {
    let element = open.pop()?;
    open.last_mut()?.children.push(element);
    Some(())
}

/// Where a tag ends: a `>` in quotes does not end it.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn element(inner: &str) -> Option<Element> {
    let inner = inner.trim();
    let split = inner.find(char::is_whitespace).unwrap_or(inner.len());
    let mut element = Element::new(&inner[..split]);
    let mut rest = inner[split..].trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let (value, after) = after[1..].split_once(quote)?;
        element.attributes.insert(name.trim().into(), unescaped(value));
        rest = after.trim_start();
    }
    Some(element)
}

fn unescaped(value: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    pairs.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A rich rule as firewalld would write it into a zone's file; `None` if it is no rule.
pub(super) fn rich_rule(text: &str) -> Option<Element> {
    let mut words = words(text)?.into_iter();
    if words.next()? != "rule" {
        return None;
    }
    let mut rule = Element::new("rule");
    for word in words {
        if let Some((name, value)) = word.split_once('=') {
            let owner = last_said(&mut rule);
            owner.attributes.insert(name.into(), value.into());
        } else if word == "limit" {
            rule.children.last_mut()?.children.push(Element::new("limit"));
        } else if word.eq_ignore_ascii_case("not") {
            rule.children.last_mut()?.attributes.insert("invert".into(), "true".into());
        } else {
            rule.children.push(Element::new(&word));
        }
    }
    Some(rule.plain())
}

/// The element that was named last: attributes that follow are its own.
fn last_said(element: &mut Element) -> &mut Element {
    match element.children.len() {
        0 => element,
        count => last_said(&mut element.children[count - 1]),
    }
}

/// Words with their quotes taken off: `prefix="a b"` is one.
fn words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            (_, c) => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- of <somebody> -->
<zone target="DROP">
  <short>Public</short>
  <service name="ssh"/>
  <port port="161-162" protocol="udp"/>
  <rule family="ipv4">
    <source address="10.0.0.0/8" invert="True"/>
    <service name="ftp"/>
    <log prefix="a &gt; b" level="info">
      <limit value="1/m"/>
    </log>
    <accept/>
  </rule>
  <forward/>
</zone>
"#;

    #[test]
    fn a_zone_is_read() {
        let zone = zone(ZONE).unwrap();
        assert_eq!(zone.attributes["target"], "DROP");
        let service = zone.children.iter().find(|child| child.name == "service").unwrap();
        assert!(service.has(&[("name", "ssh")]));
    }

    #[test]
    fn a_rich_rule_is_found_however_it_is_written() {
        let zone = zone(ZONE).unwrap();
        let table = [
            (
                r#"rule family="ipv4" source NOT address="10.0.0.0/8" service name="ftp" log prefix="a > b" level="info" limit value="1/m" accept"#,
                true,
            ),
            (
                r"rule priority=0 family=ipv4 source address=10.0.0.0/8 invert=True service name=ftp log level=info prefix='a > b' limit value=1/m accept",
                true,
            ),
            (r#"rule family="ipv4" source address="10.0.0.0/8" service name="ftp" accept"#, false),
        ];
        for (text, expected) in table {
            let rule = rich_rule(text).unwrap();
            assert_eq!(zone.children.contains(&rule), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_zone_is_none() {
        for text in ["", "<zone", "<zone>", "</zone>", "<zone a=b/>", "<a/>", "<a></a></a>"] {
            assert_eq!(zone(text), None, "{text:?}");
        }
        assert_eq!(zone(&"<a>".repeat(100_000)), None);
        for text in ["", "accept", "rule limit", "rule log prefix=\"x"] {
            assert_eq!(rich_rule(text), None, "{text:?}");
        }
    }
}
