-- The same conversion in SQLite's SQL, for exports of API v2.1 without faults; no error file.
-- Runs in the folder for the result, with the export linked there as `export`.
create table names(kind, word, code, primary key (kind, word)) without rowid;
insert into names values
  ('grade', 'infanttoddler', 'IT'), ('grade', 'preschool', 'PR'),
  ('grade', 'prekindergarten', 'PK'), ('grade', 'transitionalkindergarten', 'TK'),
  ('grade', 'kindergarten', 'KG'), ('grade', 'postgraduate', 'PS'),
  ('grade', 'ungraded', 'UG'), ('grade', 'other', 'Other'),
  ('subject', 'english/language arts', '01'), ('subject', 'math', '02'),
  ('subject', 'science', '03'), ('subject', 'social studies', '04'),
  ('subject', 'arts and music', '05'), ('subject', 'pe and health', '08'),
  ('subject', 'technology and engineering', '21'), ('subject', 'homeroom/advisory', '22'),
  ('subject', 'interventions/online learning', '22'), ('subject', 'other', '22'),
  ('subject', 'language', '24');
with recursive n(i) as (select 1 union all select i + 1 from n where i < 13)
insert into names select 'grade', cast(i as text), printf('%02d', i) from n;

create table school as select value ->> '$.data.id' id, value -> '$.data' r
  from json_each(readfile('export/schools.json'), '$.data');
create table course as select value ->> '$.data.id' id, value -> '$.data' r
  from json_each(readfile('export/courses.json'), '$.data');
create table term as select value ->> '$.data.id' id, value -> '$.data' r
  from json_each(readfile('export/terms.json'), '$.data');
create table teacher as select value ->> '$.data.id' id, value -> '$.data' r
  from json_each(readfile('export/teachers.json'), '$.data');
create table student as select value ->> '$.data.id' id, value -> '$.data' r
  from json_each(readfile('export/students.json'), '$.data');
create table section as select value ->> '$.data.id' id, value -> '$.data' r
  from json_each(readfile('export/sections.json'), '$.data');
create unique index school_id on school(id);
create unique index course_id on course(id);
create unique index term_id on term(id);
create unique index teacher_id on teacher(id);
create unique index student_id on student(id);

.headers on
.mode csv
.once School.csv
select p.id "SIS ID", r ->> '$.name' Name, r ->> '$.school_number' "School Number",
  r ->> '$.nces_id' "School NCES_ID", r ->> '$.state_id' "State ID", l.code "Grade Low",
  h.code "Grade High", r ->> '$.principal.name' "Principal Name",
  r ->> '$.principal.email' "Principal Secondary Email", r ->> '$.location.address' Address,
  r ->> '$.location.city' City, r ->> '$.location.state' State, r ->> '$.location.zip' Zip,
  r ->> '$.phone' Phone
from school p
left join names l on l.kind = 'grade' and l.word = lower(r ->> '$.low_grade')
left join names h on h.kind = 'grade' and h.word = lower(r ->> '$.high_grade')
where r ->> '$.name' <> '' order by p.rowid;
.once Teacher.csv
select p.id "SIS ID", s.id "School SIS ID", p.r ->> '$.name.first' "First Name",
  p.r ->> '$.name.last' "Last Name", p.r ->> '$.credentials.district_username' Username,
  p.r ->> '$.teacher_number' "Teacher Number", p.r ->> '$.name.middle' "Middle Name",
  p.r ->> '$.email' "Secondary Email", p.r ->> '$.title' Title
from teacher p join school s on s.id = p.r ->> '$.school'
where Username <> '' order by p.rowid;
.once Student.csv
select p.id "SIS ID", s.id "School SIS ID", p.r ->> '$.name.first' "First Name",
  p.r ->> '$.name.last' "Last Name", p.r ->> '$.credentials.district_username' Username,
  p.r ->> '$.email' "Secondary Email", p.r ->> '$.student_number' "Student Number",
  p.r ->> '$.name.middle' "Middle Name", g.code Grade,
  p.r ->> '$.graduation_year' "Graduation Year"
from student p join school s on s.id = p.r ->> '$.school'
left join names g on g.kind = 'grade' and g.word = lower(p.r ->> '$.grade')
where Username <> '' order by p.rowid;
.once Section.csv
select p.id "SIS ID", s.id "School SIS ID", p.r ->> '$.name' "Section Name",
  p.r ->> '$.section_number' "Section Number", t.id "Term SIS ID", t.r ->> '$.name' "Term Name",
  substr(t.r ->> '$.start_date', 1, 10) "Term StartDate",
  substr(t.r ->> '$.end_date', 1, 10) "Term EndDate", c.id "Course SIS ID",
  c.r ->> '$.name' "Course Name", c.r ->> '$.number' "Course Number", '' "Course Description",
  j.code "Course Subject", p.r ->> '$.period' Periods
from section p join school s on s.id = p.r ->> '$.school'
left join term t on t.id = p.r ->> '$.term_id'
left join course c on c.id = p.r ->> '$.course'
left join names j on j.kind = 'subject' and j.word = lower(p.r ->> '$.subject')
where p.r ->> '$.name' <> '' order by p.rowid;
.once TeacherRoster.csv
select p.id "Section SIS ID", m.value "SIS ID"
from section p, json_each(p.r, '$.teachers') m
where m.value in (select id from teacher) order by p.rowid, m.key;
.once StudentEnrollment.csv
select p.id "Section SIS ID", m.value "SIS ID"
from section p, json_each(p.r, '$.students') m
where m.value in (select id from student) order by p.rowid, m.key;
