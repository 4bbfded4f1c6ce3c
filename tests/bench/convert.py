"""The same conversion as one would write it in Python, for exports of API v2.1 without faults.

    convert.py EXPORT OUT

Writes the six files byte for byte as clever2sds does, and errors.csv with what a record lacks or
has too much. As quick as it gets with the standard library and without tricks.
"""
import csv
import json
import os
import re
import sys

HEADERS = {
    "School": "SIS ID,Name,School Number,School NCES_ID,State ID,Grade Low,Grade High,"
              "Principal Name,Principal Secondary Email,Address,City,State,Zip,Phone",
    "Section": "SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,"
               "Term StartDate,Term EndDate,Course SIS ID,Course Name,Course Number,"
               "Course Description,Course Subject,Periods",
    "Teacher": "SIS ID,School SIS ID,First Name,Last Name,Username,Teacher Number,Middle Name,"
               "Secondary Email,Title",
    "Student": "SIS ID,School SIS ID,First Name,Last Name,Username,Secondary Email,"
               "Student Number,Middle Name,Grade,Graduation Year",
    "TeacherRoster": "Section SIS ID,SIS ID",
    "StudentEnrollment": "Section SIS ID,SIS ID",
    "errors": "Code,Entity,Clever ID,Value",
}
GRADES = {
    "infanttoddler": "IT", "preschool": "PR", "prekindergarten": "PK", "kindergarten": "KG",
    "transitionalkindergarten": "TK", "postgraduate": "PS", "ungraded": "UG", "other": "Other",
    **{str(n): f"{n:02}" for n in range(1, 14)}, **{f"{n:02}": f"{n:02}" for n in range(1, 14)},
}
SUBJECTS = {
    "english/language arts": "01", "math": "02", "science": "03", "social studies": "04",
    "arts and music": "05", "pe and health": "08", "technology and engineering": "21",
    "homeroom/advisory": "22", "interventions/online learning": "22", "other": "22",
    "language": "24",
}
CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")
EMAIL = re.compile(r"[^@ ]+@[^@ ]+")
USERNAME = re.compile(r"[A-Za-z0-9'.\-_!#^~]+(@.*)?")
SECTION_ID = re.compile(r"[A-Za-z0-9.\-]{1,56}")
DAY = re.compile(r"(\d{4}-\d\d-\d\d)([T ].*)?")


class Converter:
    def __init__(self, source, out):
        self.source = source
        os.makedirs(out, exist_ok=True)
        self.writers = {}
        for name, header in HEADERS.items():
            file = open(os.path.join(out, name + ".csv"), "w", encoding="utf-8", newline="")
            self.writers[name] = csv.writer(file, lineterminator="\r\n")
            self.writers[name].writerow(header.split(","))
        self.errors = self.writers["errors"]
        self.usernames = {}

    def records(self, name):
        with open(os.path.join(self.source, name + ".json"), encoding="utf-8") as file:
            for element in json.load(file)["data"]:
                yield element["data"]

    def tell(self, code, entity, record, value=""):
        self.errors.writerow([code, entity, record.get("id"), value])

    def clean(self, value, entity, record):
        if value is None:
            return ""
        value = str(value)
        if CONTROL.search(value):
            self.tell("control_character", entity, record, value)
            value = CONTROL.sub(" ", value)
        return value.strip(" \u00a0\ufeff")

    def mapped(self, table, code, value, entity, record):
        if not value or value.lower() in table:
            return table.get(value.lower(), "")
        self.tell(code, entity, record, value)
        return ""

    def judged(self, pattern, code, value, entity, record):
        if value and not pattern.fullmatch(value):
            self.tell(code, entity, record, value)
        return value

    def day(self, value, record):
        match = DAY.fullmatch(value)
        if value and not match:
            self.tell("invalid_date", "term", record, value)
        return match[1] if match else ""

    def accepted(self, entity, record, kept, required, school=None):
        """Whether a record has what it needs, a known school, and an id of its own."""
        missing = [value for value in required if not value]
        for _ in missing:
            self.tell("missing_required", entity, record)
        if missing:
            return False
        if school is not None and school not in self.schools:
            self.tell("unknown_reference", entity, record, school)
            return False
        if required[0] in kept:
            self.tell("duplicate_id", entity, record)
            return False
        kept.add(required[0])
        return True

    def convert_schools(self):
        self.schools = set()
        for r in self.records("schools"):
            def get(value):
                return self.clean(value, "school", r)
            place, principal = r.get("location") or {}, r.get("principal") or {}
            row = [get(r.get("id")), get(r.get("name")), get(r.get("school_number")),
                   get(r.get("nces_id")), get(r.get("state_id")),
                   self.mapped(GRADES, "unknown_grade", get(r.get("low_grade")), "school", r),
                   self.mapped(GRADES, "unknown_grade", get(r.get("high_grade")), "school", r),
                   get(principal.get("name")),
                   self.judged(EMAIL, "invalid_email", get(principal.get("email")), "school", r),
                   get(place.get("address")), get(place.get("city")), get(place.get("state")),
                   get(place.get("zip")), get(r.get("phone"))]
            if self.accepted("school", r, self.schools, row[:2]):
                self.writers["School"].writerow(row)

    def person(self, entity, r):
        """The values that students and teachers have both."""
        def get(value):
            return self.clean(value, entity, r)
        name = r.get("name") or {}
        username = get((r.get("credentials") or {}).get("district_username"))
        self.judged(USERNAME, "username_characters", username, entity, r)
        email = self.judged(EMAIL, "invalid_email", get(r.get("email")), entity, r)
        schools = [get(r.get("school"))] + [get(s) for s in r.get("schools") or []]
        return ([get(r.get("id")), next((s for s in schools if s in self.schools), schools[0]),
                 get(name.get("first")), get(name.get("last")), username],
                get(name.get("middle")), email, get)

    def keep_person(self, entity, r, kept, head):
        if not self.accepted(entity, r, kept, [head[0], head[1], head[4]], head[1]):
            return False
        if self.usernames.setdefault(head[4].lower(), head[0]) != head[0]:
            self.tell("duplicate_username", entity, r, head[4])
        return True

    def convert_teachers(self):
        self.teachers = set()
        for r in self.records("teachers"):
            head, middle, email, get = self.person("teacher", r)
            row = head + [get(r.get("teacher_number")), middle, email, get(r.get("title"))]
            if self.keep_person("teacher", r, self.teachers, head):
                self.writers["Teacher"].writerow(row)

    def convert_students(self):
        self.students = set()
        for r in self.records("students"):
            head, middle, email, get = self.person("student", r)
            grade = self.mapped(GRADES, "unknown_grade", get(r.get("grade")), "student", r)
            row = head + [email, get(r.get("student_number")), middle, grade,
                          get(r.get("graduation_year"))]
            if self.keep_person("student", r, self.students, head):
                self.writers["Student"].writerow(row)

    def convert_members(self, r, section, ids, kept, file):
        unknown = []
        for member in dict.fromkeys(ids):
            if member in kept:
                self.writers[file].writerow([section, member])
            else:
                unknown.append(member)
        if unknown:
            self.tell("unknown_member", "section", r, " ".join(unknown))

    def convert_sections(self):
        sections = set()
        courses = {r["id"]: (r["id"], r.get("name", ""), r.get("number", ""))
                   for r in self.records("courses")}
        terms = {r["id"]: (r["id"], r.get("name", ""), self.day(r.get("start_date", ""), r),
                           self.day(r.get("end_date", ""), r)) for r in self.records("terms")}
        for r in self.records("sections"):
            def get(value):
                return self.clean(value, "section", r)
            identity, school = get(r.get("id")), get(r.get("school"))
            self.judged(SECTION_ID, "id_characters", identity, "section", r)
            subject = self.mapped(SUBJECTS, "unknown_subject", get(r.get("subject")), "section", r)
            name = get(r.get("name"))
            row = [identity, school, name, get(r.get("section_number")),
                   *terms.get(r.get("term_id"), [""] * 4),
                   *courses.get(r.get("course"), [""] * 3), "", subject, get(r.get("period"))]
            if not self.accepted("section", r, sections, [identity, school, name], school):
                continue
            self.writers["Section"].writerow(row)
            teachers = [r["teacher"]] if r.get("teacher") else []
            self.convert_members(r, identity, teachers + r.get("teachers", []), self.teachers,
                                 "TeacherRoster")
            self.convert_members(r, identity, r.get("students", []), self.students,
                                 "StudentEnrollment")


def main():
    converter = Converter(sys.argv[1], sys.argv[2])
    converter.convert_schools()
    converter.convert_teachers()
    converter.convert_students()
    converter.convert_sections()


if __name__ == "__main__":
    main()
