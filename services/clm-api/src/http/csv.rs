//! Rows of CSV, RFC 4180, that are safe to open in a spreadsheet.

/// A row, each field quoted. What a spreadsheet would take for a formula begins with an apostrophe.
pub(super) fn row<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut row = String::new();
    for field in fields {
        if !row.is_empty() {
            row.push(',');
        }
        row.push('"');
        if field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
            row.push('\'');
        }
        row.push_str(&field.replace('"', "\"\""));
        row.push('"');
    }
    row.push_str("\r\n");
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_breaks_out_of_its_cell_or_becomes_a_formula() {
        assert_eq!(
            row(["=1+1", "a,\"b\"\r\nc", "", "@x", "-1", "+1", "\n=1"]),
            "\"'=1+1\",\"a,\"\"b\"\"\r\nc\",\"\",\"'@x\",\"'-1\",\"'+1\",\"'\n=1\"\r\n"
        );
    }
}
