//! What did a server do to its disk, and what did it answer meanwhile? Read from what strace wrote down.

use std::path::Path;

/// One thing the server did, in the order it did them.
#[derive(Debug)]
pub(crate) enum Step {
    Write {
        path: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        path: String,
        length: usize,
    },
    Sync {
        path: String,
        worked: bool,
    },
    Create {
        path: String,
    },
    Unlink {
        path: String,
    },
    Rename,
    /// The text of an answer, as it begins to leave.
    Answer(String),
}

/// What the tracer is asked to write down; `-xx` so that every string is one of `\x..` and nothing else.
pub(crate) const TRACER: &str = "strace -f -qq -y -xx -s 5000 -e signal=none \
     -e trace=pwrite64,fsync,fdatasync,ftruncate,openat,unlink,unlinkat,rename,renameat,renameat2,sendto,writev";

/// A call of one thread: its number, name, everything between the brackets, and what came of it.
struct Call {
    thread: u32,
    name: String,
    arguments: String,
    returned: i64,
}

/// What happened under `folder`.
pub(crate) fn steps(trace: &str, folder: &Path) -> Vec<Step> {
    let folder = folder.to_str().unwrap();
    let mut steps = Vec::new();
    let is_ours = |path: &String| path.starts_with(folder) && !path.ends_with("-shm");
    each_call(trace, |moment, call| {
        let is_answer = matches!(call.name.as_str(), "sendto" | "writev");
        // An answer counts from when it begins to leave, everything else from when it is done.
        if is_answer == matches!(moment, Moment::Begin) {
            steps.extend(step(call, &is_ours));
        }
    });
    steps
}

/// How often the busiest thread called `name`: the tracer counts by thread.
pub(crate) fn most_calls(trace: &str, name: &str) -> usize {
    let mut counts = std::collections::HashMap::new();
    each_call(trace, |moment, call| {
        if matches!(moment, Moment::End) && call.name == name {
            *counts.entry(call.thread).or_insert(0) += 1;
        }
    });
    counts.into_values().max().unwrap_or(0)
}

enum Moment {
    Begin,
    End,
}

/// A call that others come between is written in two lines.
fn each_call(trace: &str, mut each: impl FnMut(Moment, &Call)) {
    let mut begun = std::collections::HashMap::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let Ok(thread) = thread.parse::<u32>() else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(beginning) = rest.strip_suffix(" <unfinished ...>") {
            if let Some(call) = call(thread, beginning) {
                each(Moment::Begin, &call);
            }
            begun.insert(thread, beginning.to_owned());
        } else if let Some((_, ending)) = rest.split_once(" resumed>") {
            let Some(beginning) = begun.remove(&thread) else {
                continue;
            };
            if let Some(call) = call(thread, &(beginning + ending)) {
                each(Moment::End, &call);
            }
        } else if let Some(call) = call(thread, rest) {
            each(Moment::Begin, &call);
            each(Moment::End, &call);
        }
    }
}

fn call(thread: u32, text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, returned) = match rest.rsplit_once(" = ") {
        Some((arguments, returned)) => (arguments.trim_end().strip_suffix(')')?, returned),
        None => (rest, "0"),
    };
    let returned = returned.split(['<', ' ']).next()?.parse().ok()?;
    Some(Call {
        thread,
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        returned,
    })
}

fn step(call: &Call, is_ours: &impl Fn(&String) -> bool) -> Option<Step> {
    let arguments = &call.arguments;
    let worked = call.returned >= 0;
    let number = |text: &str| text.trim().parse::<usize>().ok();
    // The file behind the first argument, which is its open number.
    let behind = || {
        let (_, rest) = arguments.split_once('<')?;
        Some(text(rest.split_once('>')?.0)).filter(is_ours)
    };
    let named = || Some(text(&quoted(arguments).concat())).filter(is_ours);
    match call.name.as_str() {
        "pwrite64" if worked => {
            let bytes = bytes(&quoted(arguments).concat());
            let written = usize::try_from(call.returned).ok()?;
            assert!(bytes.len() >= written, "a write is written down whole");
            Some(Step::Write {
                path: behind()?,
                offset: number(arguments.rsplit_once(',')?.1)?,
                bytes: bytes[..written].to_vec(),
            })
        }
        "ftruncate" if worked => Some(Step::Truncate {
            path: behind()?,
            length: number(arguments.rsplit_once(',')?.1)?,
        }),
        "fsync" | "fdatasync" => Some(Step::Sync {
            path: behind()?,
            worked,
        }),
        "openat" if worked && arguments.contains("O_CREAT") => {
            Some(Step::Create { path: named()? })
        }
        "unlink" | "unlinkat" if worked => Some(Step::Unlink { path: named()? }),
        "rename" | "renameat" | "renameat2" if worked => {
            quoted(arguments).into_iter().map(text).find(is_ours)?;
            Some(Step::Rename)
        }
        "sendto" | "writev" => {
            let sent = bytes(&quoted(arguments).concat());
            let sent = String::from_utf8_lossy(&sent).into_owned();
            sent.starts_with("HTTP/1.1 ").then_some(Step::Answer(sent))
        }
        _ => None,
    }
}

/// What stands between quotation marks; there are none inside.
fn quoted(arguments: &str) -> Vec<&str> {
    arguments.split('"').skip(1).step_by(2).collect()
}

fn bytes(escaped: &str) -> Vec<u8> {
    escaped
        .split("\\x")
        .skip(1)
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

fn text(escaped: &str) -> String {
    String::from_utf8(bytes(escaped)).unwrap()
}
