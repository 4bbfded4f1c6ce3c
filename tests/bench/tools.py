"""What else one could convert an export of API v2.1 with. Only what is installed is tried.

`tools(export, base)` gives for each program its name, the command (None when it is not there), and
the folder below `base` into which that writes one or more of the six files.
"""
import json
import os
import shlex
import shutil
import sys

from convert import GRADES, HEADERS

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = HEADERS["Student"].split(",")
PATHS = ["id", "school", "name.first", "name.last", "credentials.district_username", "email",
         "student_number", "name.middle", "grade", "graduation_year"]


def shell(text, **words):
    """A command for sh; {words} are quoted."""
    return ["sh", "-c", text.format(**{k: shlex.quote(v) for k, v in words.items()})]


def jq(students, schools, out):
    cells = ", ".join("$grades[.grade | ascii_downcase]" if p == "grade" else f".{p}"
                      for p in PATHS)
    program = f"""($schools[0].data | map({{(.data.id): true}}) | add) as $known
        | {json.dumps(COLUMNS)},
          (.data[].data | select(.credentials.district_username and $known[.school]) | [{cells}])
        | @csv"""
    return shell("exec jq -r --slurpfile schools {schools} --argjson grades {grades} {program} "
                 "{students} >{out}", schools=schools, grades=json.dumps(GRADES), program=program,
                 students=students, out=out)


def miller(students, schools, out):
    def place(path):
        return "d" + "".join(f'["{part}"]' for part in path.split("."))
    cells = ", ".join(f'"{column}": ' + (f"g[tolower({place(path)})]" if path == "grade" else
                                         place(path)) for column, path in zip(COLUMNS, PATHS))
    program = (f"g = {json.dumps(GRADES)}; for (k, e in $data) "
               f'{{ d = e["data"]; emit {{{cells}}} }}')
    return shell("exec mlr --ijson --ocsv -S put -q {program} {students} >{out}", program=program,
                 students=students, out=out)


def duckdb(students, schools, out):
    words = ", ".join(f"('{word}', '{code}')" for word, code in GRADES.items())
    cells = ", ".join(("g.code" if path == "grade" else f"p.{path}") + f' "{column}"'
                      for column, path in zip(COLUMNS, PATHS))
    record = ("id VARCHAR, school VARCHAR, name STRUCT(first VARCHAR, middle VARCHAR, last VARCHAR)"
              ", credentials STRUCT(district_username VARCHAR), email VARCHAR, student_number "
              "VARCHAR, grade VARCHAR, graduation_year VARCHAR")

    def read(path, fields):
        return (f"(select unnest(data).data p from read_json('{path}', maximum_object_size="
                f"2000000000, columns={{data: 'STRUCT(data STRUCT({fields}))[]'}}))")
    query = (f"copy (select {cells} from {read(students, record)} s "
             f"left join (values {words}) g(word, code) on g.word = lower(p.grade) "
             f"where p.school in (select p.id from {read(schools, 'id VARCHAR')}) "
             f"and p.credentials.district_username <> '') to '{out}' (header, delimiter ',')")
    return ["duckdb", "-c", query]


def clickhouse(students, schools, out):
    def value(path):
        keys = ", ".join(f"'{part}'" for part in path.split("."))
        return f"JSONExtractString(e, 'data', {keys})"
    words, codes = list(GRADES), list(GRADES.values())
    cells = ", ".join((f"transform(lower({value(path)}), {words}, {codes}, '')" if path == "grade"
                       else value(path)) + f' "{column}"' for column, path in zip(COLUMNS, PATHS))

    def elements(path):
        return (f"(select arrayJoin(JSONExtractArrayRaw(raw, 'data')) e "
                f"from file('{path}', 'RawBLOB', 'raw String'))")
    query = (f"select {cells} from {elements(students)} where {value('school')} in "
             f"(select {value('id')} from {elements(schools)}) "
             f"and {value('credentials.district_username')} <> '' format CSVWithNames")
    return shell("exec clickhouse local --query {query} >{out}", query=query, out=out)


def python(export, out):
    return [sys.executable, os.path.join(HERE, "convert.py"), export, out]


def sqlite(export, out):
    return shell("ln -sfn {export} {out}/export && cd {out} && exec sqlite3 :memory: <{script}",
                 export=os.path.abspath(export), out=out, script=os.path.join(HERE, "convert.sql"))


def student_file(command):
    """From a maker of Student.csv one with the arguments of the others."""
    return lambda export, out: command(os.path.abspath(os.path.join(export, "students.json")),
                                       os.path.abspath(os.path.join(export, "schools.json")),
                                       os.path.join(out, "Student.csv"))


TOOLS = {"python3": python, "sqlite3": sqlite, "jq": student_file(jq),
         "mlr": student_file(miller), "duckdb": student_file(duckdb),
         "clickhouse": student_file(clickhouse)}


def tools(export, base):
    return [(name, command(export, os.path.join(base, name)) if shutil.which(name) else None,
             os.path.join(base, name)) for name, command in TOOLS.items()]
