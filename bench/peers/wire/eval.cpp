// A tree of operations is built, and evaluated from the message.
#include "bench/peers/wire/cases.hpp"

static int32_t make(Expression::Builder expression, uint32_t depth, work_random &random)
{
    uint32_t op = work_random_below(&random, WORK_OPERATORS);
    int32_t left, right;
    expression.setOp(static_cast<Operator>(op));
    auto a = expression.getLeft();
    if (work_random_below(&random, WORK_DEPTH) < depth) {
        left = (int32_t)work_random_below(&random, WORK_OPERAND_MAX) + 1;
        a.setValue(left);
    } else {
        left = make(a.initExpression(), depth + 1, random);
    }
    auto b = expression.getRight();
    if (work_random_below(&random, WORK_DEPTH) < depth) {
        right = (int32_t)work_random_below(&random, WORK_OPERAND_MAX) + 1;
        b.setValue(right);
    } else {
        right = make(b.initExpression(), depth + 1, random);
    }
    return work_apply(op, left, right);
}

static int32_t evaluate(Expression::Reader expression)
{
    auto a = expression.getLeft();
    auto b = expression.getRight();
    int32_t left = a.isValue() ? a.getValue() : evaluate(a.getExpression());
    int32_t right = b.isValue() ? b.getValue() : evaluate(b.getExpression());
    return work_apply((uint32_t)expression.getOp(), left, right);
}

uint64_t EvalCase::request(Expression::Builder request, work_random &random)
{
    return (uint32_t)make(request, 0, random);
}

void EvalCase::respond(Expression::Reader request, Value::Builder response)
{
    response.setValue(evaluate(request));
}

uint64_t EvalCase::result(Value::Reader response)
{
    return (uint32_t)response.getValue();
}
