/* A tree of operations is built, and evaluated from the message. */
#include "bench/wire/cases.h"
#include "bench/wire/schema/cases.capos.h"

static int32_t make(struct expression_builder expression, uint32_t depth, struct work_random *random)
{
    uint32_t op = work_random_below(random, WORK_OPERATORS);
    int32_t left, right;
    expression_set_op(expression, (enum operator_)op);
    struct expression_left_builder a = expression_edit_left(expression);
    if (work_random_below(random, WORK_DEPTH) < depth) {
        left = (int32_t)work_random_below(random, WORK_OPERAND_MAX) + 1;
        expression_left_set_value(a, left);
    } else {
        left = make(expression_left_init_expression(a), depth + 1, random);
    }
    struct expression_right_builder b = expression_edit_right(expression);
    if (work_random_below(random, WORK_DEPTH) < depth) {
        right = (int32_t)work_random_below(random, WORK_OPERAND_MAX) + 1;
        expression_right_set_value(b, right);
    } else {
        right = make(expression_right_init_expression(b), depth + 1, random);
    }
    return work_apply(op, left, right);
}

static int32_t evaluate(struct expression_reader expression)
{
    struct expression_left_reader a = expression_get_left(expression);
    struct expression_right_reader b = expression_get_right(expression);
    int32_t left = expression_left_which(a) == EXPRESSION_LEFT_WHICH_VALUE
                       ? expression_left_get_value(a)
                       : evaluate(expression_left_get_expression(a));
    int32_t right = expression_right_which(b) == EXPRESSION_RIGHT_WHICH_VALUE
                        ? expression_right_get_value(b)
                        : evaluate(expression_right_get_expression(b));
    return work_apply(expression_get_op(expression), left, right);
}

static uint64_t request(struct wire_build *build, struct work_random *random)
{
    return (uint32_t)make(expression_build_root(build), 0, random);
}

static void respond(struct wire_message *message, struct wire_build *build)
{
    value_set_value(value_build_root(build), evaluate(expression_read_root(message)));
}

static uint64_t result(struct wire_message *message)
{
    return (uint32_t)value_get_value(value_read_root(message));
}

const struct wire_case case_eval = {request, respond, result};
