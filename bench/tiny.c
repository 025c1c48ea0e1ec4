/* The least that a static program can do. */
int main(void)
{
    return 0;
}
