//! Secrets on a command line: what of it may be kept, and how they come back when a run is resumed.

use crate::{
    ansible::extra_names,
    secret::{MASK, names_secret},
};

/// A command line as it may be kept: the values of `-e` that look secret are masked. With it, in order, which variables
/// each of them sets. `given` are all values of `-e`.
pub(super) fn withheld(args: &[String], given: &[String]) -> (Vec<String>, Vec<String>) {
    let secrets: Vec<&String> = given.iter().filter(|value| is_secret(value)).collect();
    let mut names = Vec::new();
    let keep = |arg: &String| {
        // `-e x=y` holds it in a word of its own, `--extra-vars=x=y` and `-Cex=y` behind the option.
        let holds = |secret: &str| arg == secret || (arg.starts_with('-') && arg.ends_with(secret));
        let Some(secret) = secrets.iter().find(|secret| holds(secret)) else { return arg.clone() };
        names.push(sets(secret));
        format!("{}{MASK}", &arg[..arg.len() - secret.len()])
    };
    let kept = args.iter().map(keep).collect();
    (kept, names)
}

/// The command line with what was masked as it is given now; else what is missing.
pub(super) fn restored(
    kept: &[String],
    names: &[String],
    given: &[String],
) -> Result<Vec<String>, Vec<String>> {
    let value = |wanted: &String| given.iter().find(|value| sets(value) == *wanted);
    let missing: Vec<String> = names.iter().filter(|name| value(name).is_none()).cloned().collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut values = names.iter().filter_map(value);
    let restore = |arg: &String| match arg.strip_suffix(MASK) {
        Some(option) if option.is_empty() || option.starts_with('-') => {
            values.next().map_or_else(|| arg.clone(), |value| format!("{option}{value}"))
        }
        _ => arg.clone(),
    };
    Ok(kept.iter().map(restore).collect())
}

/// Whether a value of `-e` is one that was masked.
pub(super) fn is_of(names: &[String], value: &str) -> bool {
    names.contains(&sets(value))
}

/// Options that give again what was masked.
pub(super) fn options(names: &[String]) -> String {
    let option = |name: &String| match name.split(' ').collect::<Vec<_>>()[..] {
        [one] => format!("-e {one}=…"),
        ref several => format!("-e '{}=…'", several.join("=… ")),
    };
    names.iter().map(option).collect::<Vec<_>>().join(" ")
}

fn is_secret(value: &str) -> bool {
    !value.starts_with('@') && names_secret(value)
}

/// The names of the variables that a value of `-e` sets.
fn sets(value: &str) -> String {
    extra_names(value).unwrap_or_default().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn secrets_of_the_command_line_are_not_kept() {
        let secret = "redfish_password=hunter2";
        let json = r#"{"a": 1, "token": "hunter2"}"#;
        let table: &[(&[&str], &str, &str, &str)] = &[
            (&["-e", secret, "-e", "a=b"], secret, "-e ****** -e a=b", "redfish_password"),
            (
                &["--extra-vars=redfish_password=hunter2"],
                secret,
                "--extra-vars=******",
                "redfish_password",
            ),
            (&["-Ceredfish_password=hunter2"], secret, "-Ce******", "redfish_password"),
            (&["-e", json], json, "-e ******", "a token"),
            (&["-e", "@/pass/a=b"], "@/pass/a=b", "-e @/pass/a=b", ""),
            (&["--limit", "secret:a"], "a=b", "--limit secret:a", ""),
        ];
        for (args, given, expected, name) in table {
            let (kept, names) = withheld(&words(args), &words(&[given, "a=b"]));
            assert_eq!((kept.join(" ").as_str(), names.join(",").as_str()), (*expected, *name));
        }
    }

    #[test]
    fn what_was_withheld_comes_back_where_it_was() {
        let line = words(&["-e", "a_token=1", "-e", "b=2", "--extra-vars=c_secret=3 d=4"]);
        let (kept, names) = withheld(&line, &words(&["a_token=1", "b=2", "c_secret=3 d=4"]));
        let given = words(&["c_secret=3 d=4", "a_token=1"]);
        assert_eq!(restored(&kept, &names, &given), Ok(line));
        let missing = restored(&kept, &names, &words(&["c_secret=3"])).unwrap_err();
        assert_eq!(options(&missing), "-e a_token=… -e 'c_secret=… d=…'");
    }
}
