//! Filters that choose at random; with a seed they choose what Python would.

use std::sync::Arc;

use ssh_key::rand_core::{OsRng, RngCore as _};

use sha2::{Digest as _, Sha512};

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    meter, sameness, text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "random" => random,
        "shuffle" => shuffle,
        _ => return None,
    })
}

const SIZE: usize = 624;

/// Python's generator: the Mersenne Twister MT19937.
struct Twister {
    state: [u32; SIZE],
    at: usize,
}

#[expect(clippy::cast_possible_truncation, reason = "the generator works on 32-bit words")]
impl Twister {
    fn of_number(seed: u32) -> Self {
        let mut state = [0_u32; SIZE];
        state[0] = seed;
        for at in 1..SIZE {
            let last = state[at - 1];
            state[at] = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(at as u32);
        }
        Self { state, at: SIZE }
    }

    /// Seeds with the words of a large number, the lowest first.
    fn of_words(words: &[u32]) -> Self {
        let mut made = Self::of_number(19_650_218);
        let state = &mut made.state;
        let (mut at, mut word) = (1, 0);
        for _ in 0..SIZE.max(words.len()) {
            let last = state[at - 1];
            let mixed = state[at] ^ (last ^ (last >> 30)).wrapping_mul(1_664_525);
            state[at] = mixed.wrapping_add(words[word]).wrapping_add(word as u32);
            (at, word) = (at + 1, (word + 1) % words.len());
            if at >= SIZE {
                state[0] = state[SIZE - 1];
                at = 1;
            }
        }
        for _ in 1..SIZE {
            let last = state[at - 1];
            let mixed = state[at] ^ (last ^ (last >> 30)).wrapping_mul(1_566_083_941);
            state[at] = mixed.wrapping_sub(at as u32);
            at += 1;
            if at >= SIZE {
                state[0] = state[SIZE - 1];
                at = 1;
            }
        }
        state[0] = 0x8000_0000;
        made
    }

    /// Seeds as Python's `random.Random(seed)` does.
    fn seeded(seed: &Val) -> Outcome<Self> {
        if let Val::Int(number) = seed {
            let number = number.unsigned_abs();
            let mut words: Vec<u32> = (0..4).map(|word| (number >> (32 * word)) as u32).collect();
            while words.len() > 1 && words.last() == Some(&0) {
                words.pop();
            }
            return Ok(Self::of_words(&words));
        }
        let mut bytes = text::str_of(seed)?.into_bytes();
        let digest = Sha512::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes.reverse();
        let mut words: Vec<u32> = bytes
            .chunks(4)
            .map(|chunk| chunk.iter().rev().fold(0, |word, byte| (word << 8) | u32::from(*byte)))
            .collect();
        while words.len() > 1 && words.last() == Some(&0) {
            words.pop();
        }
        Ok(Self::of_words(&words))
    }

    fn twist(&mut self, at: usize) {
        let mixed = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % SIZE] & 0x7fff_ffff);
        let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
        self.state[at] = self.state[(at + 397) % SIZE] ^ (mixed >> 1) ^ odd;
    }

    fn next(&mut self) -> u32 {
        if self.at >= SIZE {
            (0..SIZE).for_each(|at| self.twist(at));
            self.at = 0;
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        let bits = u64::BITS - limit.leading_zeros();
        loop {
            let number = if bits <= 32 {
                u64::from(self.next() >> (32 - bits))
            } else {
                u64::from(self.next()) | (u64::from(self.next() >> (64 - bits)) << 32)
            };
            if number < limit {
                return number;
            }
        }
    }
}

/// Bytes that nobody can guess.
pub(super) fn secret_bytes<const COUNT: usize>() -> Outcome<[u8; COUNT]> {
    sameness::lost();
    let mut bytes = [0; COUNT];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Fault::new(format!("asking the system for random bytes: {error}")))?;
    Ok(bytes)
}

/// A text of letters from `letters` that nobody can guess.
pub(in crate::ansible::template) fn secret_text(letters: &str, length: usize) -> Outcome<String> {
    meter::room(length)?;
    meter::steps(length);
    meter::checked()?;
    let letters: Vec<char> = letters.chars().collect();
    // Bytes above the last whole multiple would favour the first letters.
    let limit = if letters.is_empty() { 0 } else { 256 - 256 % letters.len().min(256) };
    let mut out = String::new();
    for _ in 0..length {
        let mut byte = usize::from(secret_bytes::<1>()?[0]);
        while byte >= limit && limit > 0 {
            byte = usize::from(secret_bytes::<1>()?[0]);
        }
        out.extend(letters.get(byte % letters.len().max(1)));
    }
    Ok(out)
}

/// A text of letters from `letters` that Python chooses with this seed.
pub(in crate::ansible::template) fn seeded_text(
    letters: &str,
    length: usize,
    seed: &Val,
) -> Outcome<String> {
    let letters: Vec<char> = letters.chars().collect();
    let mut twister = Twister::seeded(seed)?;
    let mut letter = || {
        let at = usize::try_from(twister.below(letters.len() as u64)).ok()?;
        letters.get(at)
    };
    Ok((0..length).filter_map(|_| letter()).collect())
}

/// Numbers from a seed, or such that nobody can guess.
fn generator(seed: Option<Val>) -> Outcome<Twister> {
    match seed {
        Some(Val::None) | None => {
            let words = secret_bytes::<32>()?;
            let (words, _) = words.as_chunks::<4>();
            let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
            Ok(Twister::of_words(&words))
        }
        Some(seed) => Twister::seeded(&seed),
    }
}

/// A number below a limit, from a seed if there is one.
pub(super) fn number_below(limit: u64, seed: Option<Val>) -> Outcome<u64> {
    Ok(generator(seed)?.below(limit))
}

fn random(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (start, step) = (args.int("start")?.unwrap_or(0), args.int("step")?.unwrap_or(0));
    let mut generator = generator(args.take("seed"))?;
    let number =
        if let Val::Bool(value) = input { Val::Int(i128::from(*value)) } else { input.clone() };
    if let Val::Int(end) = &number {
        let step = if step == 0 { 1 } else { step };
        let span = end.saturating_sub(start);
        let span =
            if step > 0 { span.saturating_add(step - 1) } else { span.saturating_add(step + 1) };
        let count = u64::try_from(span / step).ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| Fault::new("empty range for random"))?;
        let at = step.saturating_mul(i128::from(generator.below(count)));
        return Ok(Val::Int(start.saturating_add(at)));
    }
    let items = match input {
        Val::Str(_) | Val::List(_) | Val::Tuple(_) | Val::Object(_) => input.elements()?,
        other => {
            let kind = other.type_name();
            return Err(Fault::new(format!(
                "random can only be used on sequences and integers, not '{kind}'"
            )));
        }
    };
    if start != 0 || step != 0 {
        return Err(Fault::new("start and step can only be used with integer values"));
    }
    let count = u64::try_from(items.len()).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| Fault::new("Cannot choose from an empty sequence"))?;
    let at = usize::try_from(generator.below(count)).unwrap_or(0);
    Ok(items[at].clone())
}

fn shuffle(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let mut generator = generator(args.take("seed"))?;
    let Ok(mut items) = input.items() else { return Ok(input.clone()) };
    for at in (1..items.len()).rev() {
        let other = generator.below(at as u64 + 1);
        items.swap(at, usize::try_from(other).unwrap_or(0));
    }
    Ok(Val::list(items))
}
