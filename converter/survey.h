/* What is in each input, before anything is converted: its form, its entities, which rule 6 it
 * gives its records, and whether it is of use at all.
 *
 * Most files hold one entity, told by their start; those are not read further. A worker
 * that finds the guess wrong asks for a complete survey, and the run starts again. */
#ifndef CONVERTER_SURVEY_H
#define CONVERTER_SURVEY_H

#include "converter/run.h"

/* Surveys all inputs; `complete`: to their ends. False with a failure. */
bool survey_inputs(struct run *run, bool complete, struct failure *failure);

#endif
