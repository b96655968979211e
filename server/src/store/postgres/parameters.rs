//! Which parameters of the address does the driver know? Of others it would log the value, and that may be a misspelt
//! password's.

const KNOWN: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// The address with the parameters that the driver knows, and the names of the others.
pub(super) fn known_parameters(url: &str) -> (String, Vec<String>) {
    let plain = url.split('#').next().unwrap_or_default();
    let Some((address, query)) = plain.split_once('?') else {
        return (plain.to_owned(), Vec::new());
    };
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let is_known = |pair: &&str| {
        let name = name(pair);
        KNOWN.contains(&name.as_str()) || name.starts_with("options[")
    };
    let (known, others): (Vec<&str>, Vec<&str>) = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .partition(is_known);
    let address = if known.is_empty() {
        address.to_owned()
    } else {
        format!("{address}?{}", known.join("&"))
    };
    (address, others.into_iter().map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_does_not_know_never_reaches_it() {
        let (address, others) = known_parameters(
            "postgres://a@b/c?sslmode=require&pasword=secreto&options[x]=y&connect_timeout=3#d",
        );
        assert_eq!(address, "postgres://a@b/c?sslmode=require&options[x]=y");
        assert_eq!(others, ["pasword", "connect_timeout"]);
        assert_eq!(
            known_parameters("postgres://a@b/c?x=1").0,
            "postgres://a@b/c"
        );
        assert_eq!(known_parameters("postgres://a@b/c").0, "postgres://a@b/c");
    }
}
